/* pagetables.js - which page table entries a recorded stretch changes, and where.
 *
 *     CR3 -> PDPT -> directories -> tables        each a physical page: found once, then kept up
 *
 * A write of memory that lies in one of them is a change of an entry.  An entry has eight bytes and
 * is written in two stores: changes of one entry without another's between them are one change.
 */
import { PAGE, VALID } from "./space.js";

const FRAME = 0x000ffffffffff000n;
const LARGE = 0x80n;

/* Map: physical page of a directory or table -> {level: "PDE" or "PTE", base: the first address
 * that it maps, step: bytes that an entry maps}.  The directories are tables, too, of the addresses
 * from C0000000 on: here they are directories. */
export function tablesOf(space) {
  const found = new Map();
  const view = space.view;
  const entries = (page, count) =>
    Array.from({ length: count }, (_, i) => view.getBigUint64(page + i * 8, true));
  const tops = entries(space.cr3 >>> 0, 4).map((top) => (top & VALID ? Number(top & FRAME) : null));
  tops.forEach((directory, i) => {
    if (directory !== null)
      found.set(directory, { level: "PDE", base: i * 2 ** 30, step: 2 ** 21 });
  });
  tops.forEach((directory, i) => {
    if (directory === null) return;
    entries(directory, 512).forEach((entry, j) => {
      const table = Number(entry & FRAME);
      if (entry & VALID && !(entry & LARGE) && table < space.memory.length && !found.has(table))
        found.set(table, { level: "PTE", base: i * 2 ** 30 + j * 2 ** 21, step: PAGE });
    });
  });
  return found;
}

/* The entry that a physical address is in: {level, address, where}; null: in none. */
export function entryAt(tables, physical) {
  const page = physical - (physical % PAGE);
  const table = tables.get(page);
  if (!table) return null;
  const index = Math.floor((physical - page) / 8);
  return { level: table.level, address: table.base + index * table.step, where: page + index * 8 };
}
