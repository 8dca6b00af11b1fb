/* pays.js - which fault pays for which commit: a commit promises pages, a touch takes one.
 *
 *     return of NtAllocateVirtualMemory, range with MEM_COMMIT   <-   fault in it, page promised
 *
 * The fault gets `commit`, the number of the event; the commit gets `touches`, those of the faults,
 * in order.  A commit from before the recorded stretch is not known, and its faults have none.
 */
const MEM_COMMIT = 0x1000;
const GUARD = 0x10; /* of an MM_ code: its first touch takes no page */

const covers = ({ range }, address) =>
  range && range.type & MEM_COMMIT && address >= range.base && address < range.base + range.size;

const touchesPromise = ({ kind, page }) =>
  kind === "fault" && page?.state === "promised" && !(page.code & GUARD);

export function joinCommits(events) {
  const commits = [];
  events.forEach((event, i) => {
    if (event.range) commits.push(i);
    const fault = (event.events ?? [event]).find(touchesPromise); /* a loop of faults, too */
    if (!fault) return;
    const commit = commits.findLast((j) => covers(events[j], fault.address));
    if (commit === undefined) return;
    event.commit = commit;
    (events[commit].touches ??= []).push(i);
  });
}
