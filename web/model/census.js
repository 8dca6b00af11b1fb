/* census.js - all blocks and all regions of the current process, by key, so that two moments can be
 * compared.
 *
 *     blocksNow, regionsNow -> Map: key -> block, region        what has another key is another
 *     difference(before, now) -> {made, gone}
 */
import { heapAt, heapsOf } from "./heap.js";
import { current, memoryOf } from "./process.js";
import { regionsOf } from "./regions.js";

export const blockKey = ({ start, kind, size }) => `${start} ${kind} ${size}`;
export const regionKey = ({ base, end, kind }) => `${base} ${end} ${kind}`;

/* Every block of every heap; each has its heap's address, too. */
export function blocksNow(space, facts) {
  const { process } = current(space, facts.symbols);
  const memory = process && memoryOf(space, process);
  const all = new Map();
  for (const at of memory ? heapsOf(memory, process.Peb) : []) {
    const heap = heapAt(memory, at, facts);
    const lists = heap ? [...heap.segments, heap.large, ...heap.front] : [];
    for (const { blocks } of lists)
      for (const block of blocks) all.set(blockKey(block), { heap: at, ...block });
  }
  return all;
}

export function regionsNow(space, facts) {
  const { process, space: owner } = current(space, facts.symbols);
  const found = process ? regionsOf(space, owner).regions : [];
  return new Map(found.map((one) => [regionKey(one), one]));
}

/* What is there now and was not, and the other way round. */
export function difference(before, now) {
  const only = (one, other) => [...one].filter(([key]) => !other.has(key)).map(([, what]) => what);
  return { made: only(now, before), gone: only(before, now) };
}
