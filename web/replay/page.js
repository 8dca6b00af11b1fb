/* page.js - the replay page: one focus, an event of the story, and the panes that show it.
 *
 *     recording -> story: events -> focus (number of an event) -> panes
 *
 * A step is an event; or one instruction, at the last event before it.  The page's address has the
 * focus (#12 the event, #i812 the instruction), so that a step can be linked to; #find=WORDS is the
 * first event whose sentence has the words.
 */
import { Functions, stackAt } from "../model/calls.js";
import { blockKey, regionKey } from "../model/census.js";
import { current, memoryOf } from "../model/process.js";
import { Recording, REGISTERS } from "../model/recording.js";
import { Space } from "../model/space.js";
import { storyOf } from "../model/story.js";
import { controls, joined, otherLanguage } from "./controls.js";
import { flame } from "./flame.js";
import { getLanguage, languageOf, say, setLanguage, word } from "./language.js";
import { morph } from "./morph.js";
import { entries, heaps, node, regions, source, stairs } from "./panes.js";
import { pictureOf, save } from "./picture.js";
import { Predict } from "./predict.js";
import { sentence } from "./words.js";

const [EIP, CR3] = ["eip", "cr3"].map((name) => REGISTERS.indexOf(name));
const REST = 250; /* ms */
const PANES = [
  ["Who called whom", stairs],
  ["Source", source],
  ["The heap, block by block", heaps],
  ["From an address to its page", entries],
  ["The address space", regions],
];

class Page {
  constructor(recording, facts, story) {
    Object.assign(this, { recording, facts, ...story });
    this.functions = new Functions(facts.functions);
    this.calls = new Map(
      this.events.filter(({ kind }) => kind === "call").map((event) => [event.frame, event]),
    );
    this.sentences = []; /* those that were said so far */
    this.at = this.n = 0;
    this.drawn = Promise.resolve();
    this.make();
  }

  name(eip, long = false) {
    const found = this.functions.at(eip);
    return long && found ? `${found.module}!${found.name}` : found?.name || "?";
  }

  make() {
    this.said = node("p", { id: "said", role: "status" });
    this.joins = node("div", { class: "joins" });
    this.predict = new Predict();
    this.panes = PANES.map(([title, draw]) => ({ draw, body: node("div"), title: word(title) }));
    const sections = this.panes.map(({ title, body }) =>
      node("section", { "aria-label": title, tabindex: "0" }, node("h2", {}, title), body),
    );
    this.flame = flame(
      this.roots,
      this.recording.count,
      (eip) => this.name(eip),
      (n) => this.goTo(n),
      this.arrows(),
    );
    const { nav, slider, place } = controls(this);
    Object.assign(this, { slider, place });
    const count = this.recording.count.toLocaleString("en");
    const title = say`${this.facts.command}: ${count} instructions, ${this.events.length} events`;
    this.grid = node("div", { class: "panes" }, sections);
    document
      .getElementById("replay")
      .append(
        otherLanguage(),
        node("h1", {}, title),
        this.flame.element,
        nav,
        this.predict.box,
        this.said,
        this.joins,
        this.grid,
      );
    addEventListener("hashchange", () => this.follow(location.hash));
  }

  /* From each commit to the touches that pay for it, for the strip. */
  arrows() {
    const all = this.events.flatMap((event, touch) =>
      event.commit === undefined ? [] : [{ commit: event.commit, touch }],
    );
    return all.map(({ commit, touch }) => ({
      from: this.events[commit].n,
      to: this.events[touch].n,
      commit,
      touch,
    }));
  }

  sentence(at) {
    return (this.sentences[at] ??= sentence(this.events[at], (...which) => this.name(...which)));
  }

  /* ---- where to ---- */
  /* The number of the first event after instruction n. */
  after(n) {
    let [low, high] = [0, this.events.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.events[middle].n <= n) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /* The first event at or after an instruction. */
  goTo(n) {
    return this.go(this.after(n - 1));
  }

  /* The place that an address of this page names: #24 an event, #i812 an instruction. */
  follow(hash) {
    const [, words] = hash.match(/^#find=(.*)$/) ?? [];
    if (words !== undefined) return this.go(this.first(decodeURIComponent(words)));
    const [, instruction, number] = /^#(i?)(\d+)$/.exec(hash) ?? [null, "", "0"];
    return instruction ? this.goInstruction(Number(number)) : this.go(Number(number));
  }

  has(at, words) {
    return this.sentence(at).toLowerCase().includes(words.toLowerCase());
  }

  first(words) {
    return this.events.findIndex((_, at) => this.has(at, words));
  }

  search(words) {
    const count = this.events.length;
    for (let step = 1; words && step <= count; step++)
      if (this.has((this.at + step) % count, words)) return this.go((this.at + step) % count);
  }

  forward() {
    const next = this.events[this.at + 1];
    if (!this.predict.on || !next) return this.go(this.at + 1);
    this.predict.ask(next, () => this.go(this.at + 1));
  }

  /* To an event; drawn in the order that they were asked for. */
  go(at) {
    const to = Math.max(0, Math.min(at, this.events.length - 1));
    return this.to(to, this.events[to].n);
  }

  /* To an instruction: at the last event up to it. */
  goInstruction(n) {
    const to = Math.max(0, Math.min(n, this.recording.count - 1));
    return this.to(Math.max(0, this.after(to) - 1), to);
  }

  to(at, n) {
    Object.assign(this, { at, n });
    this.drawn = this.drawn.then(() => this.draw(at, n));
    return this.drawn;
  }

  picture() {
    save(`${this.facts.command.split(" ")[0]}-${this.at}.svg`, this.pictureText());
  }

  pictureText() {
    return pictureOf([this.said, this.flame.element, this.grid]);
  }

  /* ---- what is there ---- */
  /* The address that the last fault or entry up to here was about; null. */
  address(at) {
    for (let i = at; i >= 0; i--)
      if (["fault", "entry"].includes(this.events[i].kind)) return this.events[i].address;
    return null;
  }

  /* What an event changed, by the keys of the panes. */
  changed({ kind, made = [], where }) {
    return {
      blocks: new Set(kind === "block" ? made.map(blockKey) : []),
      regions: new Set(kind === "region" ? made.map(regionKey) : []),
      entries: new Set(kind === "entry" ? [where] : []),
    };
  }

  /* An instruction without an event: what it is, and what it wrote. */
  async instruction(n) {
    const { registers, writes } = await this.recording.step(n);
    const eip = registers[EIP];
    const code = this.facts.source.code[eip] ?? "?";
    const bytes = writes.reduce((all, { change }) => all + change.length, 0);
    const words = n && bytes ? say`The one before it changed ${bytes} bytes.` : "";
    return say`Instruction ${n}, in ${this.name(eip)}: ${code}. ${words}`.trim();
  }

  async focus(at, n) {
    const event = this.events[at].n === n ? this.events[at] : { kind: "instruction", n };
    await this.recording.go(n);
    const registers = await this.recording.registers();
    const ram = this.recording.memory.subarray(0, this.recording.ram);
    const any = new Space(ram, registers[CR3], this.facts.layouts);
    const { process, space: owner } = current(any, this.facts.symbols);
    /* A call and a fault are shown at the line that they come from. */
    const before = ["call", "down", "fault"].includes(event.kind) && n;
    const shown = before ? (await this.recording.step(n - 1)).registers : registers;
    return {
      event,
      changed: this.changed(event),
      owner,
      process,
      space: (process && memoryOf(any, process)) ?? any,
      eip: shown[EIP],
      stack: stackAt(this.roots, n),
      returned: event.kind === "return" ? event : null,
      address: this.address(at),
      facts: this.facts,
      functions: this.functions,
      calls: this.calls,
    };
  }

  async draw(at, n) {
    if (at !== this.at || n !== this.n) return; /* a later step was asked for meanwhile */
    const focus = await this.focus(at, n);
    const whole = focus.event.kind !== "instruction";
    const said = whole ? this.sentence(at) : await this.instruction(n);
    const [number, all] = [at + 1, this.events.length];
    this.slider.value = at;
    this.slider.setAttribute("aria-valuetext", said);
    this.place.textContent = say`event ${number} of ${all}, instruction ${n}`;
    this.flame.mark(n, whole ? at : null);
    this.said.textContent = said;
    this.joins.replaceChildren(...joined(this, focus.event));
    /* A step touches only what changed: how many nodes and attributes. */
    this.touched = 0;
    for (const { body, draw } of this.panes)
      this.touched += morph(body, node("div", {}, draw(focus)));
    this.link(whole ? `#${at}` : `#i${n}`);
  }

  /* The page's address has the step once the reader rests there: browsers allow few changes. */
  link(hash) {
    clearTimeout(this.linking);
    this.linking = setTimeout(() => history.replaceState(null, "", hash), REST);
  }
}

function bytesOf(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

try {
  setLanguage(languageOf({ search: location.search, languages: navigator.languages }));
  document.documentElement.lang = getLanguage();
  const facts = JSON.parse(document.getElementById("facts").textContent);
  const recording = await Recording.open(bytesOf(document.getElementById("recording").textContent));
  const story = await storyOf(recording, new Functions(facts.functions), facts);
  globalThis.page = new Page(recording, facts, story);
  await globalThis.page.follow(location.hash);
} catch (wrong) {
  document.getElementById("replay").textContent =
    say`This recording cannot be shown: ${wrong.message}`;
  throw wrong;
}
