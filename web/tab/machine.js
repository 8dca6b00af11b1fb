/* machine.js - Fathom in v86: it runs, it is held at an event, it goes back to a saved state.
 *
 *     kernel  OUT ring, 'H'  ->  taken(): the records in KdpRing, stop wanted?  -> held
 *             IN ring        ->  1 while held: the kernel waits at the event
 *
 * Boot words hold=1 and ring= (kernel/observe/stream.c) make the kernel stop at each event; memory
 * is then as it is at that moment.  While it is held the emulator does not run at all.  No DOM is
 * used: tests run this in Node.
 *
 *   M1  held: `events` ends with the event that the kernel waits at, and nothing runs
 *   M2  a saved state was made while held; after back() everything here is as it was then
 */
import { readRecord, rowsOf } from "../model/events.js";
import { modulesAfter } from "./modules.js";

const RING_PORT = 0x505;
const HERE = 0x48; /* 'H' */
const RING_HEAD = 8; /* Used, Lost */
const LINEAR = 0x80000000; /* the kernel's addresses of physical memory */
const MEMORY = 64 << 20;
const DISK_SLOTS = [4, 5]; /* v86 0.5 restores the registers of disks that are not there */
const EVENTS_KEPT = 4000;
export const STATES_KEPT = 12; /* 6 to 7 MB each */
const PROMPT = /C:\\[^\n]*> (\x1b\[[0-9;?]*[A-Za-z])*$/;
const EVENTS = 0xffdfffff; /* all but ContextSwitch: a prompt that waits has 200 of them a second */
export const WORDS = `init=shell.exe trace=0x${EVENTS.toString(16)} ring=${RING_PORT} hold=1`;

export class Machine {
  /* V86: the class; wasm: its bytes; kernel, archive: Uint8Arrays; facts: of tools/web/tab.py;
   * output(bytes): of the console. */
  constructor({ V86, wasm, kernel, archive, facts, words = WORDS, output = () => {} }) {
    Object.assign(this, { archive, facts, output });
    this.rows = rowsOf(facts.events);
    this.clear();
    const buffer = (bytes) => bytes.slice().buffer;
    this.emulator = new V86({
      wasm_fn: async (imports) => (await WebAssembly.instantiate(wasm, imports)).instance.exports,
      memory_size: MEMORY,
      vga_memory_size: 2 << 20,
      multiboot: { buffer: buffer(kernel) },
      initrd: { buffer: buffer(archive) },
      cmdline: words,
      screen_container: null,
      disable_speaker: true,
      disable_keyboard: true,
      disable_mouse: true,
      autostart: false,
    });
    this.emulator.add_listener("serial0-output-byte", (byte) => this.printed(byte));
    this.ready = new Promise((on) => this.emulator.add_listener("emulator-ready", on)).then(() => {
      const { io } = this.emulator.v86.cpu;
      io.register_write(RING_PORT, this, (byte) => byte === HERE && this.taken());
      io.register_read(RING_PORT, this, () => (this.held ? 1 : 0));
    });
  }

  clear() {
    this.text = "";
    this.events = [];
    this.count = 0; /* of all events so far */
    this.modules = new Map(); /* process -> [{base, size, name}] */
    this.states = []; /* {count, ...}, in the order in which they were saved */
    this.held = false;
    this.wanted = null;
    this.at = { first: 0, prompt: 0 }; /* instructions */
    this.waiting = [];
  }

  async run() {
    await this.ready;
    this.held = false;
    if (this.at.prompt) this.word("KdHostStacks", this.wanted ? 1 : 0);
    if (!this.emulator.is_running()) await this.emulator.run();
  }

  /* Nothing runs any more; not held: at no event, between two instructions. */
  async pause() {
    this.wanted = null;
    await this.emulator.stop();
  }

  async end() {
    await this.emulator.destroy();
  }

  instructions() {
    return this.emulator.get_instruction_counter() >>> 0;
  }

  /* The machine's RAM. */
  get memory() {
    return this.emulator.v86.cpu.mem8;
  }

  get cr3() {
    return this.emulator.v86.cpu.cr[3];
  }

  send(words) {
    this.emulator.serial0_send(words);
  }

  /* ---- output ---- */
  printed(byte) {
    if (!this.at.first) this.at.first = this.instructions();
    this.text += String.fromCharCode(byte);
    this.output(byte);
    if (byte === 32 && PROMPT.test(this.text.slice(-200))) this.prompted();
  }

  prompted() {
    if (!this.at.prompt) this.at.prompt = this.instructions();
    for (const on of this.waiting.splice(0)) on();
  }

  /* Resolves when the prompt is written the next time. */
  prompt() {
    return new Promise((on) => this.waiting.push(on));
  }

  word(symbol, value) {
    const view = new DataView(this.memory.buffer, this.memory.byteOffset);
    view.setUint32(this.facts.symbols[symbol] - LINEAR, value, true);
  }

  /* ---- events ---- */
  taken() {
    const { memory, facts } = this;
    const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
    const ring = facts.symbols.KdpRing - LINEAR;
    const end = ring + RING_HEAD + view.getUint32(ring, true);
    for (let at = ring + RING_HEAD; at < end;) {
      const { size, event } = readRecord(view, memory, at, this.rows);
      this.count++;
      this.events.push({ ...event, number: this.count });
      modulesAfter(this.modules, event);
      at += size;
    }
    view.setUint32(ring, 0, true);
    if (this.events.length > 2 * EVENTS_KEPT) this.events.splice(0, EVENTS_KEPT);
    if (!this.wanted?.(this.events.at(-1), this)) return;
    this.wanted = null;
    this.held = true;
    this.emulator.stop().then(() => this.stopped());
  }

  /* Runs to the next event of which wanted(event, machine) holds; resolves with it when the machine
   * is held there.  A later call, run() or pause() takes its place: then it never resolves.  Only
   * meanwhile have events their stacks: with them a program takes several times as long. */
  async runTo(wanted) {
    await this.ready;
    const there = new Promise((on) => (this.stopped = () => on(this.events.at(-1))));
    this.wanted = wanted;
    await this.run();
    return there;
  }

  /* ---- states ---- */
  /* Keeps the state that it is held in; the oldest but one goes when there are too many. */
  async save() {
    const { pci } = this.emulator.v86.cpu.devices;
    for (const slot of DISK_SLOTS) pci.device_spaces[0xf0][slot] = 0;
    const state = await this.emulator.save_state();
    const modules = new Map([...this.modules].map(([pid, list]) => [pid, [...list]]));
    const { count, text, events } = this;
    this.states = this.states.filter((one) => one.count < count);
    this.states.push({ count, text, modules, state, events: events.slice(-EVENTS_KEPT) });
    if (this.states.length > STATES_KEPT) this.states.splice(1, 1);
  }

  /* To a saved state: held at its event.  FALSE: none was saved there. */
  async back(count) {
    const kept = this.states.find((one) => one.count === count);
    if (!kept) return false;
    await this.pause();
    await this.emulator.restore_state(kept.state);
    this.modules = new Map([...kept.modules].map(([pid, list]) => [pid, [...list]]));
    Object.assign(this, { count, text: kept.text, events: [...kept.events], held: true });
    return true;
  }
}
