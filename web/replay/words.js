/* words.js - one sentence for each event of model/story.js: who changed what. */
import { protection } from "../model/regions.js";
import { say, word } from "./language.js";
import { argumentsOf, hex, resultOf } from "./values.js";

const NAMED = {
  free: "free",
  busy: "in use",
  range: "not committed",
  own: "the heap's own",
};
const GUARD = 0x10; /* of an MM_ code */
const A_WRITE = 2; /* of a fault's error code */

/* What an entry says: its page, or what its software bits promise.  A PDPTE has no bit for the
 * ring. */
export function entryWords(entry, level) {
  const low = Number(entry & 0xffffffffn);
  const pfn = hex(Number((entry >> 12n) & 0xffffffffffn), 1);
  if (entry & 1n && level === "PDPTE") return say`page ${pfn}`;
  if (entry & 1n) return low & 4 ? say`page ${pfn} (ring 3)` : say`page ${pfn} (ring 0)`;
  if (!low) return say`nothing`;
  const code = (low >> 5) & 31;
  return code === 16 ? say`reserved` : say`promised (${protection(code)})`;
}

/* An entry that says nothing of a page that its whole region promises: an MM_ code. */
export const byRegion = (code) => say`nothing (the region promises it, ${protection(code)})`;

function whichEntries(directory, count, at) {
  if (count > 1)
    return directory
      ? say`${count} page directory entries from ${at} on`
      : say`${count} page table entries from ${at} on`;
  return directory ? say`the page directory entry of ${at}` : say`the page table entry of ${at}`;
}

function entrySentence({ level, address, count, before, after, promised }) {
  const which = whichEntries(level === "PDE", count, hex(address));
  const old = promised === undefined ? entryWords(before) : byRegion(promised);
  return say`The kernel writes ${which}: before, ${old}; now, ${entryWords(after)}.`;
}

function blockWords(block) {
  const size = block.size.toLocaleString("en");
  return say`${hex(block.data)} (${size} bytes, ${word(NAMED[block.kind])})`;
}

const regionWords = ({ base, end, kind }) => say`${hex(base)}-${hex(end - 1)} (${word(kind)})`;

/* One that is new: what becomes of its pages, too. */
function newRegion(region) {
  const { vad, view } = region;
  if (view) return regionWords(region);
  const pages = vad.MemCommit ? say`promised (${protection(vad.Untouched)})` : say`reserved`;
  return say`${regionWords(region)}, its pages ${pages}`;
}

function blocksSentence({ made, gone }) {
  const [now, before] = [made, gone].map((list) => list.map(blockWords).join(say`; `));
  if (!gone.length) return say`Blocks of the heap now: ${now}.`;
  if (!made.length) return say`Blocks of the heap gone: ${before}.`;
  return say`Blocks of the heap now: ${now}. Before: ${before}.`;
}

function regionsSentence({ made, gone }) {
  const now = made.map(newRegion).join(say`; `);
  const before = gone.map(regionWords).join(say`; `);
  if (!gone.length) return say`Regions now: ${now}.`;
  if (!made.length) return say`Regions gone: ${before}.`;
  return say`Regions now: ${now}. Before: ${before}.`;
}

/* Why the processor cannot go on: what the page was (model/regions.js). */
function whyFault({ code, page }) {
  if (!page || page.state === "reserved") return say`no memory is promised there`;
  if (page.code & GUARD) return say`it is a guard page`;
  if (page.state === "promised") return say`the page is promised, and not there yet`;
  if (page.state === "shown") return say`the page belongs to a view, and is not there yet`;
  if (page.state === "trapping") return say`nothing may touch this page`;
  if (code & A_WRITE && page.kind !== "private")
    return say`the page is shared until it is written, and then copied`;
  return say`the page is there, and may not be used so`;
}

/* The function that called.  A program's own `free` is a jump to the runtime's: that one is told by
 * its module. */
function callerOf({ frame, name: called }, name) {
  if (!frame?.parent) return say`the caller`;
  const short = name(frame.parent.eip);
  return short === called ? name(frame.parent.eip, true) : short;
}

/* name(address, long): of the function there, with its module if long. */
export function sentence(event, name) {
  const caller = callerOf(event, name);
  switch (event.kind) {
    case "call":
      return say`${caller} calls ${event.module}!${event.name}(${argumentsOf(event)}).`;
    case "return":
      return resultOf(event)
        ? say`${event.name} returns ${resultOf(event)} to ${caller}.`
        : say`${event.name} returns to ${caller}.`;
    case "down":
      return say`${caller} enters ring 0 by a ${word(event.how)}: ${event.name}.`;
    case "up":
      return say`${event.name} goes back to ring 3.`;
    case "fault":
      return say`${caller} touches ${hex(event.address)}: ${whyFault(event)};
        the processor enters ${event.name}.`;
    case "switch":
      return say`The processor goes on in process ${event.pid}, ${event.program}.`;
    case "resolved":
      return event.again
        ? say`The page is there: the same instruction of ${caller} runs again.`
        : say`The fault becomes an exception: it goes to the program.`;
    case "loop":
      return event.address === undefined
        ? say`The same ${event.count} times more.`
        : say`The same ${event.count} times more, on to ${hex(event.address)}.`;
    case "entry":
      return entrySentence(event);
    case "block":
      return blocksSentence(event);
    default:
      return regionsSentence(event);
  }
}
