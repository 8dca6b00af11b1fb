/* recording.js - reads a recording, as tools/record/recording.py does.  Format: docs/recording.md.
 *
 *     MAGIC | HEAD | PAGE ... | STEP STEP ... | EVNT | DONE       each: kind, bytes, CRC-32, data
 *
 * A Recording is at one step.  To go to another it applies, or takes back, the changes between
 * the two; a change of memory is old XOR new and leads both ways.  After the last byte of RAM the
 * memory has a page more: the x87 and SSE registers, as FXSAVE lays them out.  events is a list:
 * of the whole run, before the stretch, in it and after it.  For browsers and Node: deflated data
 * goes through DecompressionStream.
 */

import { readEvents } from "./events.js";

export const REGISTERS =
  "eax ecx edx ebx esp ebp esi edi eip eflags cs ss ds es fs gs cr0 cr2 cr3 cr4".split(" ");
const MAGIC = "Fathom recording\n";
const VERSION = 2;
const PAGE = 4096;
const FXSAVE_BYTES = 288; /* through XMM7 */
const BLOCKS_KEPT = 8;
const CR3 = REGISTERS.indexOf("cr3");

/* The file is no recording, not of this version, cut short or changed. */
export class Damaged extends Error {}

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

function crc32(...parts) {
  let crc = 0xffffffff;
  for (const part of parts) for (const byte of part) crc = CRC[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

async function inflate(data) {
  const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/* {kind, data} of each chunk, checked. */
function* chunks(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = new TextDecoder("latin1");
  if (text.decode(bytes.subarray(0, MAGIC.length)) !== MAGIC)
    throw new Damaged("it is no recording of Fathom");
  for (let at = MAGIC.length; at < bytes.length;) {
    if (at + 12 > bytes.length) throw new Damaged("it ends in the middle of a chunk");
    const size = view.getUint32(at + 4, true);
    const kind = bytes.subarray(at, at + 4);
    const data = bytes.subarray(at + 12, at + 12 + size);
    if (data.length < size) throw new Damaged("it ends in the middle of a chunk");
    if (crc32(kind, data) !== view.getUint32(at + 8, true))
      throw new Damaged(`its chunk at byte ${at + 12} is damaged`);
    yield { kind: text.decode(kind), data };
    at += 12 + size;
  }
}

/* The steps of a block: [{registers, writes: [{address, change}]}]. */
function decode(data, count) {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const state = new Uint32Array(REGISTERS.length);
  const steps = [];
  let at = 0;
  const number = () => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = data[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  for (let i = 0; i < state.length; i++, at += 4) state[i] = view.getUint32(at, true);
  while (steps.length < count) {
    const mask = data[at] | (data[at + 1] << 8) | (data[at + 2] << 16);
    at += 3;
    for (let i = 0; i < state.length; i++)
      if ((mask >>> i) & 1) {
        const change = number();
        state[i] += (change >>> 1) ^ -(change & 1);
      }
    const writes = [];
    let left = view.getUint16(at, true);
    for (at += 2; left > 0; left--) {
      const address = number();
      const size = data[at++];
      writes.push({ address, change: data.subarray(at, at + size) });
      at += size;
    }
    steps.push({ registers: state.slice(), writes });
  }
  return steps;
}

export class Recording {
  /* bytes: a Uint8Array of the whole file. */
  static async open(bytes) {
    const one = new Recording();
    for (const { kind, data } of chunks(bytes)) await one.#take(kind, data);
    if (!one.foot) throw new Damaged("it ends too early: the recording was cut off");
    one.count = one.foot.steps;
    one.n = 0;
    one.#apply(await one.step(0));
    return one;
  }

  #blocks = [];
  #kept = new Map();

  async #take(kind, data) {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    if (kind === "HEAD") {
      this.head = JSON.parse(new TextDecoder().decode(data));
      if (this.head.version !== VERSION)
        throw new Damaged(`it is of version ${this.head.version}, not ${VERSION}`);
      this.ram = this.head.memory * 0x100000;
      this.memory = new Uint8Array(this.ram + PAGE);
    } else if (kind === "PAGE") {
      const pages = await inflate(data);
      const numbers = new DataView(pages.buffer);
      for (let at = 0; at < pages.length; at += PAGE + 4)
        this.memory.set(pages.subarray(at + 4, at + 4 + PAGE), numbers.getUint32(at, true) * PAGE);
    } else if (kind === "STEP") {
      const [first, count] = [view.getUint32(0, true), view.getUint32(4, true)];
      this.#blocks.push({ first, count, data: data.subarray(8) });
    } else if (kind === "EVNT") this.events = readEvents(await inflate(data));
    else if (kind === "DONE") this.foot = JSON.parse(new TextDecoder().decode(data));
  }

  /* Registers and changes of step n. */
  async step(n) {
    let low = 0;
    for (let high = this.#blocks.length; high - low > 1;) {
      const middle = (low + high) >>> 1;
      if (this.#blocks[middle].first <= n) low = middle;
      else high = middle;
    }
    if (!this.#kept.has(low)) {
      if (this.#kept.size >= BLOCKS_KEPT) this.#kept.delete(this.#kept.keys().next().value);
      const { data, count } = this.#blocks[low];
      this.#kept.set(low, decode(await inflate(data), count));
    }
    return this.#kept.get(low)[n - this.#blocks[low].first];
  }

  #apply({ writes }) {
    for (const { address, change } of writes)
      for (let i = 0; i < change.length; i++) this.memory[address + i] ^= change[i];
  }

  /* To step n, as far as there are steps. */
  async go(n) {
    n = Math.max(0, Math.min(n, this.count - 1));
    while (this.n < n) this.#apply(await this.step(++this.n));
    while (this.n > n) this.#apply(await this.step(this.n--));
  }

  async registers() {
    return (await this.step(this.n)).registers;
  }

  /* The x87 and SSE registers: an FXSAVE image; it has no addresses of x87 instructions. */
  floating() {
    return this.memory.slice(this.ram, this.ram + FXSAVE_BYTES);
  }

  #entry(address) {
    const view = new DataView(this.memory.buffer);
    return address + 8 <= this.memory.length
      ? [view.getUint32(address, true), view.getUint32(address + 4, true) & 0xfffff]
      : [0, 0];
  }

  /* The physical address of a virtual one in the space of cr3; null: no page is there. */
  physical(address, cr3) {
    const [top] = this.#entry((cr3 & ~31) + (address >>> 30) * 8);
    if (!(top & 1)) return null;
    const [middle] = this.#entry((top & ~4095) + ((address >>> 21) & 511) * 8);
    if (!(middle & 1)) return null;
    if (middle & 0x80) return ((middle & ~0x1fffff) >>> 0) + (address & 0x1fffff);
    const [low, high] = this.#entry((middle & ~4095) + ((address >>> 12) & 511) * 8);
    return low & 1 ? high * 2 ** 32 + ((low & ~4095) >>> 0) + (address & 4095) : null;
  }

  /* As many of the bytes from a virtual address on as are there. */
  async read(address, size, cr3) {
    const space = cr3 ?? (await this.registers())[CR3];
    const bytes = [];
    while (bytes.length < size) {
      const at = this.physical(address + bytes.length, space);
      if (at === null || at >= this.ram) break;
      bytes.push(this.memory[at]);
    }
    return Uint8Array.from(bytes);
  }
}
