/* loops.js - page loops of a story folded: what the kernel does page by page is told once, then
 * counted.
 *
 *     fault PageAlloc return entry resolved   fault PageAlloc return entry resolved   fault ...
 *     |---------- one turn, told -----------| |--- the same n times more: one event -----------|
 *
 * Only turns over pages are folded: entries, faults, calls of PageAlloc and PageFree.  An entry's
 * value may differ from turn to turn, what it says (a page, a promise, nothing) may not.
 */
const LEAST = 3; /* turns */
const LONGEST = 8; /* events of a turn */
const ENDS = /^(resolved|return)/;
const OF_PAGES = ["PageAlloc", "PageFree"];

function says(entry) {
  return entry & 1n ? "page" : entry ? `promise ${entry & 0xffen}` : "nothing";
}

/* What has to be the same in every turn; null: not foldable. */
function shape({ kind, level, module, name, before, after, again, page }) {
  if (kind === "entry") return `entry ${level} ${says(before)} ${says(after)}`;
  if (kind === "fault") return `fault ${name} ${page?.state}`;
  if (kind === "resolved") return `resolved ${again}`;
  const ofPages = module === "nt" && OF_PAGES.includes(name);
  return ofPages && ["call", "return"].includes(kind) ? `${kind} ${name}` : null;
}

/* How often the turn of `size` events from i on comes one after the other. */
function turns(shapes, i, size) {
  const same = (k) => shapes[i + (k % size)] === shapes[i + k] && shapes[i + k] !== null;
  let k = 0;
  while (i + k < shapes.length && same(k)) k++;
  return Math.floor(k / size);
}

/* {size, count} of the longest loop from i on; count 0: none. */
function loopAt(shapes, i) {
  let best = { size: 0, count: 0 };
  if (ENDS.test(shapes[i])) return best; /* of the turn before */
  for (let size = 1; size <= LONGEST && shapes[i] !== null; size++) {
    const count = turns(shapes, i, size);
    if (count >= LEAST && count * size > best.count * best.size) best = { size, count };
  }
  return best;
}

/* The events with each loop's later turns as one:
 * {n, kind: "loop", count, events, address, where}. */
export function foldLoops(events) {
  const shapes = events.map(shape);
  const kept = [];
  for (let i = 0; i < events.length;) {
    const { size, count } = loopAt(shapes, i);
    kept.push(...events.slice(i, i + (size || 1)));
    i += size || 1;
    if (!count) continue;
    const hidden = events.slice(i, i + size * (count - 1));
    const last = hidden.findLast(({ address }) => address !== undefined);
    const { n } = hidden.at(-1);
    const { address, where } = last ?? {};
    kept.push({ n, kind: "loop", count: count - 1, events: hidden, address, where });
    i += hidden.length;
  }
  return kept;
}
