/* calls.js - the calls that a recorded stretch makes, as a tree, found by the stack pointer alone.
 *
 *     call     ESP is 4 less and the next instruction is elsewhere     a frame begins
 *     return   ESP is above where the frame's return address lay       it ends
 *     down     the first instruction with an address in the kernel     a crossing begins
 *     up       the first one back in the program                       it ends, with all above it
 *
 * No code is decoded.  A jump to the first instruction of another function with the stack as at the
 * entry (an import's thunk, a tail call) gives the frame the other's name.  A thread that the
 * kernel switches to has a stack of its own: a tree of its own, from there on.
 */
import { REGISTERS } from "./recording.js";

export const KERNEL = 0x80000000;
const [EAX, ESP, EIP] = ["eax", "esp", "eip"].map((name) => REGISTERS.indexOf(name));
const LONGEST = 15; /* bytes of an instruction */
const THUNK = 2; /* instructions of one: jmp [import] */
const STACK_REACH = 0x4000; /* a kernel stack is smaller */
const DISPATCHERS = /^KiUser(Exception|Apc|Callback)Dispatcher$/;
const TRAPS = [
  [/^KiFastCallEntry$/, "system call"],
  [/^KiIntSystemCall$|^KiSystemService$/, "system call"],
  [/^KiTrap0E$/, "page fault"],
  [/^KiTrap/, "trap"],
];

/* Names of addresses; rows: of tools/web/functions.py. */
export class Functions {
  constructor(rows) {
    this.rows = rows;
  }

  /* {module, name, start} of the function that an address is in; null. */
  at(address) {
    const row = this.rows.find(({ base, end }) => base <= address && address < end);
    if (!row || !row.functions.length)
      return row ? { module: row.module, name: "", start: row.base } : null;
    let low = 0;
    for (let high = row.functions.length; high - low > 1;) {
      const middle = (low + high) >>> 1;
      if (row.functions[middle][0] <= address) low = middle;
      else high = middle;
    }
    const [start, name] = row.functions[low];
    return start <= address
      ? { module: row.module, name, start }
      : { module: row.module, name: "", start: row.base };
  }

  /* The name of the function whose first instruction this is; "". */
  begins(address) {
    const found = this.at(address);
    return found && found.start === address ? found.name : "";
  }
}

/* How the kernel was entered, if an address is in the code that does it; "". */
export function trapName(functions, eip) {
  const name = functions.at(eip)?.name ?? "";
  return TRAPS.find(([pattern]) => pattern.test(name))?.[1] ?? "";
}

class Builder {
  constructor(functions, state) {
    this.functions = functions;
    this.n = 0;
    this.state = state;
    this.left = 0;
    this.top = null;
    this.roots = [];
    this.push("");
  }

  push(crossing) {
    const [eip, esp] = [this.state[EIP], this.state[ESP]];
    const frame = {
      begin: this.n,
      end: null,
      eip,
      esp,
      crossing,
      own: 0,
      calls: [],
      parent: this.top,
    };
    (this.top ? this.top.calls : this.roots).push(frame);
    this.top = frame;
  }

  pop() {
    this.top.end = this.n;
    this.top.result = this.state[EAX];
    this.top = this.top.parent;
  }

  /* A frame of the kernel that was crossed into ends with the way up, not with its stack. */
  below(frame) {
    if (frame.crossing && !(frame.parent && frame.parent.eip >= KERNEL)) return false;
    return this.state[ESP] > frame.esp;
  }

  ended() {
    const kernel = this.state[EIP] >= KERNEL;
    let count = 0;
    for (; this.top && this.top.eip >= KERNEL === kernel && this.below(this.top); count++)
      this.pop();
    return count > 0;
  }

  rise() {
    while (this.top && this.top.eip >= KERNEL) this.pop();
    this.ended();
    const begins = this.functions.begins(this.state[EIP]);
    /* A call whose first instruction had no page: it is seen only now. */
    const called = begins && this.state[ESP] === this.left - 4;
    if (this.top && (called || DISPATCHERS.test(begins))) this.push("");
  }

  jumped(esp) {
    const { top } = this;
    const now = this.state[ESP];
    if (now === esp - 4) return this.push("");
    if (!top || now !== top.esp || top.crossing || !this.functions.begins(this.state[EIP])) return;
    if (top.own <= THUNK && !top.calls.length) top.eip = this.state[EIP];
    else this.push("");
  }

  /* The kernel goes on with another stack: another thread's, and the frames of this one end here.
   * Or, in what was just crossed into, the thread's own: sysenter comes in on the processor's. */
  switched() {
    if (this.top?.crossing && !this.top.calls.length) {
      this.top.esp = this.state[ESP];
      return;
    }
    while (this.top) this.pop();
    this.push("thread");
  }

  advance(state) {
    const [eip, esp] = [this.state[EIP], this.state[ESP]];
    if (this.top) this.top.own++;
    this.state = state;
    this.n++;
    const [now, sp] = [state[EIP], state[ESP]];
    const [wasKernel, isKernel] = [eip >= KERNEL, now >= KERNEL];
    const elsewhere = now < eip || now > eip + LONGEST;
    const name = isKernel && (!wasKernel || elsewhere) ? trapName(this.functions, now) : "";
    const entry = name && this.functions.begins(now);
    if (isKernel && !wasKernel) this.left = esp; /* before the last instruction of ring 3 */
    if (isKernel && !wasKernel) this.push(name || "interrupt");
    else if (isKernel && entry && elsewhere && sp < esp && sp !== esp - 4) this.push(name);
    else if (wasKernel && !isKernel) this.rise();
    else if (isKernel && Math.abs(sp - esp) > STACK_REACH) this.switched();
    else if (!this.ended() && elsewhere) this.jumped(esp);
    if (!this.top) this.push("");
  }
}

/* The frames of the whole stretch: a list of trees, one after the other, each frame {begin, end,
 * eip, esp, crossing: "" or how the kernel was entered, own: its own instructions, calls, parent,
 * result: EAX at its end}.  end is null where the recording ends first. */
export async function callsOf(recording, functions) {
  let builder = null;
  for (let n = 0; n < recording.count; n++) {
    const { registers } = await recording.step(n);
    if (builder) builder.advance(registers);
    else builder = new Builder(functions, registers);
  }
  return builder.roots;
}

/* Of frames that come one after the other, the one at instruction n. */
function frameAt(list, n) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle].begin <= n) low = middle + 1;
    else high = middle;
  }
  const frame = list[low - 1];
  return frame && (frame.end === null || n < frame.end) ? frame : null;
}

/* The frames at instruction n, the outermost first. */
export function stackAt(roots, n) {
  const stack = [];
  for (let frame = frameAt(roots, n); frame; frame = frameAt(frame.calls, n)) stack.push(frame);
  return stack;
}
