/* lines.mjs - heaps and regions as web/model has them, in the lines that programs/lists.c and
 * moments.c print of HeapWalk and VirtualQuery; of a view only where it is. */
import { heapAt, heapsOf } from "../../web/model/heap.js";
import { current, memoryOf } from "../../web/model/process.js";
import { pageOf, regionsOf } from "../../web/model/regions.js";
import { PAGE } from "../../web/model/space.js";

export const hex = (n, digits = 1) => n.toString(16).toUpperCase().padStart(digits, "0");
const KIND = { busy: 4, range: 2, free: 0 };
const PROTECT = [1, 2, 0x10, 0x20, 4, 8, 0x40, 0x80];
const TYPE = { private: 0x20000, mapped: 0x40000, image: 0x1000000 };

const protect = (code) =>
  code === 0x18 ? 1 : PROTECT[code & 7] | (code & 0x10 ? 0x100 : code & 8 ? 0x200 : 0);

function blockLines(heap) {
  const all = [...heap.segments.flatMap(({ blocks }) => blocks), ...heap.large.blocks];
  all.push(...heap.front.flatMap(({ blocks }) => blocks));
  return all
    .filter(({ kind }) => kind in KIND)
    .map(
      ({ kind, data, size }) =>
        `block ${hex(heap.address, 8)} ${hex(data, 8)} ${size} ${KIND[kind]}`,
    );
}

function pageLines(space, region) {
  const lines = [];
  const type = hex(TYPE[region.kind]);
  if (region.view) return [`view ${hex(region.base, 8)} ${hex(region.end - region.base)} ${type}`];
  let last = null;
  for (let at = region.base; at < region.end; at += PAGE) {
    const page = pageOf(space, region, at);
    const said = page.state === "reserved" ? "2000 0" : `1000 ${hex(protect(page.code))}`;
    if (last?.said !== said) lines.push((last = { at, said, size: 0 }));
    last.size += PAGE;
  }
  return lines.map(({ at, said, size }) => `pages ${hex(at, 8)} ${hex(size)} ${said} ${type}`);
}

/* Of the current process; the last line says whether its tree of regions could be read. */
export function linesOf(space, facts) {
  const { process: running, space: owner } = current(space, facts.symbols);
  const { regions, whole } = regionsOf(memoryOf(space, running), owner);
  const blocks = heapsOf(space, running.Peb).flatMap((at) => blockLines(heapAt(space, at, facts)));
  const pages = regions.flatMap((region) => pageLines(space, region));
  return [...blocks, ...pages, whole ? "whole" : "damaged"];
}
