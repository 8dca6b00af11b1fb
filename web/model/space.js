/* space.js - the memory of one address space, through its own page tables.
 *
 *     CR3 -> PDPT[4] -> directory[512] -> table[512] -> page      (PAE: Intel SDM vol. 3, 4.4)
 *            bits 31..30    29..21          20..12       11..0
 *
 * Tables are read by physical address, so that a process that does not run is looked at as easily
 * as the one that does.  Nothing here throws for an address that is not there: it is null.
 */
export const PAGE = 4096;
export const VALID = 1n;
export const LARGE = 0x80n;
export const TRANSITION = 0x800n; /* with a frame, and every access traps: kernel/mm/pte.h */
const FRAME = 0x000ffffffffff000n;
const LEVELS = [
  ["PDPTE", 30, 3],
  ["PDE", 21, 511],
  ["PTE", 12, 511],
];

export class Space {
  /* memory: a Uint8Array of the machine's RAM; cr3: where the first table is. */
  constructor(memory, cr3, layouts) {
    this.memory = memory;
    this.cr3 = cr3 & ~31;
    this.layouts = layouts;
    this.view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  }

  /* The entries that lead to an address, the first first: [{name, where, value}]. */
  walk(address) {
    const steps = [];
    let table = this.cr3 >>> 0;
    for (const [name, shift, mask] of LEVELS) {
      const where = table + ((address >>> shift) & mask) * 8;
      if (where + 8 > this.memory.length) break;
      const value = this.view.getBigUint64(where, true);
      steps.push({ name, where, value });
      if (!(value & VALID) || (name === "PDE" && value & LARGE)) break;
      table = Number(value & FRAME);
    }
    return steps;
  }

  /* The last entry that there is: {name, where, value}. */
  entry(address) {
    return this.walk(address).at(-1);
  }

  /* The physical address of a byte; null: no page is there. */
  physical(address) {
    const { name, value } = this.entry(address);
    if (name === "PDE" && value & VALID)
      return Number(value & FRAME & ~0x1ff000n) + (address & 0x1fffff);
    const framed = name === "PTE" && value & (VALID | TRANSITION);
    return framed ? Number(value & FRAME) + (address & (PAGE - 1)) : null;
  }

  /* size bytes; null: they are not all there. */
  read(address, size) {
    const parts = new Uint8Array(size);
    for (let done = 0; done < size;) {
      const where = this.physical(address + done);
      const part = Math.min(size - done, PAGE - ((address + done) % PAGE));
      if (where === null || where + part > this.memory.length) return null;
      parts.set(this.memory.subarray(where, where + part), done);
      done += part;
    }
    return parts;
  }

  /* An unsigned number of four bytes; null. */
  word(address) {
    const bytes = this.read(address, 4);
    return bytes && new DataView(bytes.buffer).getUint32(0, true);
  }

  /* The members of a LIST_ENTRY, at most `most`: {found, whole}. */
  links(head, most) {
    const found = [];
    const seen = new Set([head]);
    for (let at = this.word(head); at !== head; at = this.word(at)) {
      if (at === null || seen.has(at) || found.length === most) return { found, whole: false };
      seen.add(at);
      found.push(at);
    }
    return { found, whole: true };
  }
}
