/* story.js - a recorded stretch as a list of events, each of them one step for a reader.
 *
 *     call, return     of a door: a function by which a layer is entered (DOORS)
 *     down, up         the ring is crossed: a system call, an interrupt
 *     fault, resolved  the processor could not go on; the same instruction runs again: {address,
 *                      code: the processor's, page: what it was, of regions.js; null: in no
 *                      region}, {again: the same instruction runs again; false: it became an
 *                      exception}
 *     entry            a page table entry changes: {level, address, before, after}; those that lie
 *                      side by side and change alike are one event: {count}; promised: an MM_
 *                      code, where the entry said nothing and the whole region promised the page
 *     block            the heap differs after a door of it: {made, gone}, blocks of heap.js
 *     region           the regions differ after a service: {made, gone}, regions of regions.js
 *     switch           the processor goes on in another process: {pid, program}
 *     loop             the same, page after page: loops.js.  pays.js joins commits and faults
 *
 * Instructions between two events belong to the first.  A change of the accessed and dirty bits
 * alone, which the processor makes at each first use, is no event.
 */
import { callsOf } from "./calls.js";
import { blocksNow, difference, regionsNow } from "./census.js";
import { entryAt, tablesOf } from "./pagetables.js";
import { record } from "./layout.js";
import { foldLoops } from "./loops.js";
import { joinCommits } from "./pays.js";
import { current, processes } from "./process.js";
import { REGISTERS } from "./recording.js";
import { pageOf, regionsOf } from "./regions.js";
import { Space } from "./space.js";

const CR2 = REGISTERS.indexOf("cr2");
const CR3 = REGISTERS.indexOf("cr3");
const ESP = REGISTERS.indexOf("esp");
const EIP = REGISTERS.indexOf("eip");
const USED_BITS = 0x60n; /* accessed, dirty */
const WORDS = 6; /* arguments of a door, at most */

/* module!function by which a layer is entered; and the heap's, which tells damage. */
export const DOORS = {
  msvcrt: ["malloc", "calloc", "realloc", "free"],
  cw3220: ["malloc", "free"],
  ole32: ["CoTaskMemAlloc", "CoTaskMemRealloc", "CoTaskMemFree", "IMalloc_Alloc", "IMalloc_Free"],
  oleaut32: ["SysAllocString", "SysAllocStringLen", "SysFreeString"],
  kernel32: "VirtualAlloc VirtualFree LocalAlloc LocalFree GlobalAlloc GlobalFree HeapCreate".split(
    " ",
  ),
  ntdll: (
    "RtlAllocateHeap RtlReAllocateHeap RtlFreeHeap NtAllocateVirtualMemory NtFreeVirtualMemory " +
    "NtProtectVirtualMemory RtlpHeapFailure"
  ).split(" "),
  nt: "NtAllocateVirtualMemory NtFreeVirtualMemory NtProtectVirtualMemory PageAlloc PageFree".split(
    " ",
  ),
};
const OF_THE_HEAP = ["RtlAllocateHeap", "RtlReAllocateHeap", "RtlFreeHeap"];
const CROSSINGS = { "page fault": ["fault", "resolved"], thread: [null, null] };

function* frames(list) {
  for (const frame of list) {
    yield frame;
    yield* frames(frame.calls);
  }
}

/* {n: [event]} of calls, returns and crossings. */
function ofFrames(roots, functions, put) {
  for (const frame of frames(roots)) {
    const found = functions.at(frame.eip);
    const name = found?.name ?? "";
    const [into, out] = CROSSINGS[frame.crossing] ?? ["down", "up"];
    if (frame.crossing && into) {
      put(frame.begin, { kind: into, how: frame.crossing, frame, name });
      if (frame.end !== null) put(frame.end, { kind: out, how: frame.crossing, frame, name });
    } else if (found && DOORS[found.module]?.includes(name)) {
      put(frame.begin, { kind: "call", module: found.module, name, frame });
      if (frame.end !== null)
        put(frame.end, { kind: "return", module: found.module, name, frame, value: frame.result });
    }
  }
}

class Teller {
  constructor(recording, functions, facts, roots) {
    this.recording = recording;
    this.facts = facts;
    this.events = [];
    this.due = new Map();
    ofFrames(roots, functions, (n, event) => {
      this.due.set(n, [...(this.due.get(n) ?? []), { n, ...event }]);
    });
    this.words = new Map(); /* frame of a call -> its arguments */
    this.stopped = new Map(); /* frame of a fault -> the instruction that it came from */
    this.kept = new Map(); /* of each process, by its MMSPACE: {block, region} as last seen */
  }

  space(registers) {
    const ram = this.recording.memory.subarray(0, this.recording.ram);
    return new Space(ram, registers[CR3], this.facts.layouts);
  }

  /* The event of what is there now and was not, and the other way round; kind: block or region. */
  differs(n, kind, space, frame) {
    const now = kind === "block" ? blocksNow(space, this.facts) : regionsNow(space, this.facts);
    const kept = this.keptOf(space);
    const { made, gone } = difference(kept[kind], now);
    kept[kind] = now;
    if (made.length || gone.length) this.events.push({ n, kind, made, gone, frame });
  }

  keptOf(space) {
    const { space: owner } = current(space, this.facts.symbols);
    if (!this.kept.has(owner)) {
      const block = blocksNow(space, this.facts);
      this.kept.set(owner, { block, region: regionsNow(space, this.facts) });
    }
    return this.kept.get(owner);
  }

  /* Other tables from here on; told if they are another process's. */
  switched(n, space) {
    this.tables = tablesOf(space);
    const cr3 = space.cr3 >>> 0;
    const mine = ({ Space: at }) => at && record(space, "MMSPACE", at)?.Cr3 === cr3;
    const process = processes(space, this.facts.symbols).find(mine);
    if (!process || process.Id === this.pid) return;
    const name = process.Name.map((byte) => String.fromCharCode(byte)).join("");
    if (this.pid !== undefined)
      this.events.push({ n, kind: "switch", pid: process.Id, program: name.split("\0")[0] });
    this.pid = process.Id;
  }

  /* What the processor stopped at: the error code that it pushed, and the page before. */
  faulted(event, registers, space) {
    const at = registers[ESP]; /* the error code, then EIP */
    this.stopped.set(event.frame, space.word(at + 4));
    event.address = registers[CR2];
    event.code = space.word(at);
    const { process, space: owner } = current(space, this.facts.symbols);
    const inside = ({ base, end }) => base <= event.address && event.address < end;
    const region = process ? regionsOf(space, owner).regions.find(inside) : null;
    event.page = region ? { ...pageOf(space, region, event.address), kind: region.kind } : null;
  }

  /* The range that a call of NtAllocateVirtualMemory was given, as it returns. */
  allocated(event, space) {
    const words = this.words.get(event.frame) ?? [];
    const [base, size] = [words[1], words[3]].map((at) => (at ? space.word(at) : null));
    if (base && size && event.value === 0) event.range = { base, size, type: words[4] };
  }

  entryChanged(n, space, address) {
    const found = entryAt(this.tables, address);
    if (!found) return;
    const after = space.view.getBigUint64(found.where, true);
    const last = this.events.at(-1);
    const same = last?.kind === "entry" && last.where === found.where;
    const before = same ? last.before : this.before(found.where);
    if ((before | USED_BITS) === (after | USED_BITS) && before !== 0n) return;
    if (same) Object.assign(last, { n, after }); /* the second store: only now it is whole */
    else {
      const promised = this.owed(found, before);
      this.events.push({ n, kind: "entry", ...found, before, after, ...promised });
    }
    if (found.level === "PDE") this.tables = tablesOf(space);
  }

  /* {promised} of an entry that was 0: what the fault under way found of its page. */
  owed({ level, address }, before) {
    if (level !== "PTE" || before !== 0n) return {};
    const fault = this.events.findLast(({ kind }) => kind === "fault" || kind === "resolved");
    const mine = fault?.kind === "fault" && (fault.address ^ address) >>> 12 === 0;
    return mine && fault.page?.state === "promised" ? { promised: fault.page.code } : {};
  }

  /* The entry as it was before this step. */
  before(where) {
    const bytes = this.recording.memory.slice(where, where + 8);
    for (const { address, change } of this.writes)
      change.forEach((byte, i) => {
        const at = address + i - where;
        if (at >= 0 && at < 8) bytes[at] ^= byte;
      });
    return new DataView(bytes.buffer).getBigUint64(0, true);
  }

  async step(n) {
    await this.recording.go(n);
    const { registers, writes } = await this.recording.step(n);
    const space = this.space(registers);
    if (this.cr3 !== registers[CR3]) this.switched(n, space);
    this.cr3 = registers[CR3];
    if (n === 0) this.keptOf(space);
    this.writes = n ? writes : [];
    for (const { address } of this.writes) this.entryChanged(n, space, address);
    for (const event of this.due.get(n) ?? []) this.happened(n, event, registers, space);
  }

  happened(n, event, registers, space) {
    const { kind, module, name, frame } = event;
    this.events.push(event);
    if (kind === "fault") this.faulted(event, registers, space);
    if (kind === "resolved") event.again = registers[EIP] === this.stopped.get(frame);
    if (kind === "call") {
      const word = (_, i) => space.word(frame.esp + 4 + 4 * i);
      event.words = Array.from({ length: WORDS }, word);
      this.words.set(frame, event.words);
    }
    if (kind !== "return") return;
    if (module === "nt" && name === "NtAllocateVirtualMemory") this.allocated(event, space);
    if (OF_THE_HEAP.includes(name)) this.differs(n, "block", space, frame);
    if (module === "nt") this.differs(n, "region", space, frame);
  }
}

const LEVEL_STEP = { PTE: 4096, PDE: 2 ** 21 };

/* A loop over the entries of a range is one event. */
function folded(events) {
  const kept = [];
  for (const event of events) {
    const last = kept.at(-1);
    const next =
      event.kind === "entry" &&
      last?.kind === "entry" &&
      event.address === last.address + last.count * LEVEL_STEP[last.level] &&
      ["level", "before", "after"].every((name) => event[name] === last[name]);
    if (next) Object.assign(last, { n: event.n, count: last.count + 1 });
    else kept.push(event.kind === "entry" ? { ...event, count: 1 } : event);
  }
  return kept;
}

/* {roots: of calls.js, events: in order, each with n: the instruction after it}.  facts: of
 * layouts.json.  Leaves the recording at its last instruction. */
export async function storyOf(recording, functions, facts) {
  const roots = await callsOf(recording, functions);
  const teller = new Teller(recording, functions, facts, roots);
  for (let n = 0; n < recording.count; n++) await teller.step(n);
  const events = foldLoops(folded(teller.events));
  joinCommits(events);
  return { roots, events };
}
