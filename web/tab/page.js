/* page.js - Fathom in a tab: the console, the machine held at events, and the panes of web/replay.
 *
 *     machine (v86) -> event -> focus -> panes          the same model and panes as the replay page
 *
 * The page shows one stop at a time.  A stop has a saved state, so that it can be gone back to.
 */
import { V86 } from "v86";
import { contents, members, withFile } from "../model/archive.js";
import { Lines } from "../model/lines.js";
import { refusal } from "../model/pe.js";
import { otherLanguage } from "../replay/controls.js";
import { getLanguage, languageOf, learn, say, setLanguage, word } from "../replay/language.js";
import { morph } from "../replay/morph.js";
import { entries, heaps, node, regions, source, stairs } from "../replay/panes.js";
import { TAB } from "./chinese.js";
import { focusOf, NOTHING } from "./focus.js";
import { Machine } from "./machine.js";
import { Names } from "./modules.js";
import { part } from "./parts.js";
import { STOPS } from "./stops.js";
import { terminal } from "./terminal.js";
import { sentence } from "./words.js";

const PANES = [
  ["Who called whom", stairs],
  ["Source", source],
  ["From an address to its page", entries],
  ["The heap, block by block", heaps],
  ["The address space", regions],
];
const EVENTS_SHOWN = 14;
const LARGEST = 8 << 20; /* bytes of a dropped program */
const LONGEST = 24; /* characters of its name */
const STEPS = "Run a program and stop it: the panes then show its memory at that event.";
const TRUST = [
  "A verdict from a browser is never believed.",
  "Whoever has the page can change it, and in v86 a program of ring 3 reaches the ports.",
  "What tools/fathom says counts.",
];

function button(words, act) {
  const made = node("button", { type: "button" }, words);
  made.addEventListener("click", act);
  return made;
}

class Page {
  constructor({ wasm, kernel, archive, facts }) {
    Object.assign(this, { wasm, kernel, archive, facts });
    this.original = archive;
    this.lines = new Lines(facts.chain);
    this.make();
    this.terminal = terminal(this.console, (text) => this.machine.send(text));
  }

  /* ---- what is on the page ---- */
  make() {
    this.console = node("div", { id: "console" });
    this.said = node("p", { id: "said", role: "status" }, say`Fathom boots.`);
    this.trouble = node("p", { class: "trouble", role: "alert" });
    this.figures = node("p", { class: "soft" });
    this.events = node("ol", { class: "events", tabindex: "0", "aria-label": say`events` });
    this.programs = node("select", { "aria-label": say`program` });
    this.kind = node(
      "select",
      { "aria-label": say`stop at` },
      Object.entries(STOPS).map(([value, [label]]) => node("option", { value }, word(label))),
    );
    this.start = button(say`run`, () => this.launch(this.programs.value, null));
    this.startStopping = button(say`run to it`, () =>
      this.launch(this.programs.value, this.kind.value),
    );
    this.next = button(say`next ▶`, () => this.step());
    this.before = button(say`◀ back`, () => this.back());
    this.go = button(say`go on`, () => this.resume());
    this.anew = button(say`boot anew`, () => this.boot());
    const own = say`your own program`;
    this.file = node("input", { type: "file", accept: ".exe", "aria-label": own });
    this.file.addEventListener("change", () => this.file.files[0] && this.take(this.file.files[0]));
    this.drop = node(
      "div",
      { class: "drop" },
      node("p", {}, say`Your own .exe: drop it here, or choose it.
        The machine boots anew with it.`),
      this.file,
    );
    this.panes = PANES.map(([title, draw]) => ({ draw, body: node("div"), title: word(title) }));
    const boxed = (title, ...inside) =>
      node("section", { "aria-label": title, tabindex: "0" }, node("h2", {}, title), ...inside);
    const row = (...inside) => node("div", { class: "row" }, ...inside);
    const controls = [
      row(this.programs, this.start, node("span", {}, say`or to the first`), this.kind),
      row(this.startStopping, this.before, this.next, this.go, this.anew),
    ];
    const console_ = boxed(say`Console`, this.console);
    const control = boxed(say`Run and stop`, controls);
    const mine = boxed(say`Your own program`, this.drop, this.trouble);
    const panes = this.panes.map(({ title, body }) => boxed(title, body));
    document
      .getElementById("tab")
      .append(
        otherLanguage(),
        node("h1", {}, say`Fathom in a tab`),
        node(
          "div",
          { class: "sides" },
          node("div", { class: "side" }, console_, control, boxed(say`Events`, this.events), mine),
          node("div", { class: "side" }, this.said, ...panes),
        ),
        this.figures,
        node("p", { id: "trust" }, this.trust()),
      );
    for (const kind of ["dragover", "dragleave", "drop"])
      document.addEventListener(kind, (event) => this.dragged(event));
  }

  trust() {
    const [first, why, who] = TRUST.map(word);
    return say`${first} ${why} ${who}`;
  }

  dragged(event) {
    event.preventDefault();
    this.drop.classList.toggle("over", event.type === "dragover");
    const file = event.type === "drop" ? event.dataTransfer.files[0] : null;
    if (file) this.take(file);
  }

  /* ---- the machine ---- */
  async boot() {
    await this.machine?.end();
    this.terminal.reset("");
    this.names = new Names(this.archive, this.facts.kernel);
    this.forget();
    this.machine = new Machine({
      V86,
      wasm: this.wasm,
      kernel: this.kernel,
      archive: this.archive,
      facts: this.facts,
      output: (byte) => this.terminal.write(byte),
    });
    this.list();
    this.enable(false);
    const prompt = this.machine.prompt();
    const began = performance.now();
    await this.machine.run();
    await prompt;
    const took = Math.round(performance.now() - began);
    const { first, prompt: there } = this.machine.at;
    const count = (n) => n.toLocaleString("en");
    const [to, on, ms] = [first, there, took].map(count);
    this.figures.textContent = say`${to} instructions to the first output,
      ${on} to the prompt; ${ms} ms here.`;
    this.said.textContent = word(STEPS);
    this.enable(true);
  }

  forget() {
    this.seen = NOTHING;
    this.address = null;
    this.shown = null; /* the event that the panes show */
    this.kept = new Map(); /* event's number -> what was seen before it, and its address */
  }

  list() {
    const exes = members(this.archive).filter(({ name }) => /\.exe$/i.test(name));
    const names = exes.map(({ name }) => name.replace(/\.exe$/i, "")).filter((n) => n !== "shell");
    this.programs.replaceChildren(...names.map((name) => node("option", { value: name }, name)));
    if (names.includes("cold")) this.programs.value = "cold"; /* it goes down twice */
  }

  enable(prompted) {
    const { held } = this.machine;
    this.start.disabled = this.startStopping.disabled = !prompted;
    this.next.disabled = this.go.disabled = prompted && !held;
    this.before.disabled = !held || this.earlier() === null;
  }

  /* The number of the last stop before this one that has a state; null. */
  earlier() {
    const before = this.machine.states.filter(({ count }) => count < this.machine.count);
    return before.at(-1)?.count ?? null;
  }

  async launch(name, kind) {
    this.trouble.textContent = "";
    this.forget();
    this.machine.states = [];
    const stop = kind && this.until(kind);
    const prompt = this.machine.prompt();
    this.enable(false);
    this.machine.send(`${name}\r`);
    await this.run(stop, prompt);
  }

  until(kind) {
    const [, wanted] = STOPS[kind];
    return this.machine.runTo((event, machine) => wanted(event, machine, this.names));
  }

  /* To the stop or the prompt, whichever comes first. */
  async run(stop, prompt) {
    this.said.textContent = say`It runs.`;
    const event = await Promise.race([stop, prompt].filter(Boolean));
    if (event) await this.arrive(event);
    else this.ended(stop !== null);
  }

  ended(stopping) {
    this.machine.wanted = null;
    this.said.textContent = stopping
      ? say`It ended; there was no such event any more.`
      : say`It ended.`;
    this.enable(true);
    this.terminal.focus();
  }

  async step() {
    const prompt = this.machine.prompt();
    await this.run(this.until(this.kind.value), prompt);
  }

  async resume() {
    const prompt = this.machine.prompt();
    this.enable(false);
    await this.machine.run();
    await this.run(null, prompt);
  }

  async arrive(event) {
    this.kept.set(event.number, { seen: this.seen, address: this.address });
    await this.machine.save();
    this.show(event);
  }

  async back(count = this.earlier()) {
    if (!(await this.machine.back(count))) return;
    this.terminal.reset(this.machine.text);
    Object.assign(this, this.kept.get(count));
    this.show(this.machine.events.at(-1));
  }

  /* ---- drawing ---- */
  show(event) {
    const functions = this.names.of(this.machine.modules.get(event.pid));
    const { focus, seen } = focusOf(
      this.machine,
      event,
      functions,
      this.seen,
      this.address,
      this.lines,
    );
    Object.assign(this, { seen, address: focus.address, shown: event, focus });
    const say = (one) =>
      sentence(
        one,
        this.facts,
        this.names.of(this.machine.modules.get(one.pid)),
        this.machine.modules,
      );
    this.said.textContent = say(event);
    const saved = new Set(this.machine.states.map(({ count }) => count));
    this.events.replaceChildren(
      ...this.machine.events.slice(-EVENTS_SHOWN).map((one) => {
        const now = one.number === event.number;
        const again = saved.has(one.number) && !now;
        return node(
          "li",
          { class: now ? "now" : null },
          say(one),
          again ? button(say`here again`, () => this.back(one.number)) : null,
        );
      }),
    );
    this.events.scrollTop = this.events.scrollHeight;
    for (const { body, draw } of this.panes) morph(body, node("div", {}, draw(focus)));
    this.enable(false);
  }

  /* ---- a program of one's own ---- */
  async take(file) {
    const name = file.name.toLowerCase();
    const bytes = new Uint8Array(await file.arrayBuffer());
    const why = this.refuses(name, bytes);
    this.trouble.textContent = why ?? "";
    if (why) return;
    this.archive = withFile(this.original, name, bytes);
    await this.boot();
    this.programs.value = name.replace(/\.exe$/, "");
  }

  refuses(name, bytes) {
    if (!/^[a-z0-9_-]+\.exe$/.test(name) || name.length > LONGEST)
      return say`${name}: the name has to be letters, digits, - or _, and end in .exe.`;
    if (name === "shell.exe") return say`${name} is the prompt's own name: give yours another.`;
    if (bytes.length > LARGEST) return say`${name} is larger than 8 MiB: strip it.`;
    const there = new Set(members(this.original).map((one) => one.name.toLowerCase()));
    return refusal(name, bytes, (dll) => there.has(dll.toLowerCase()), say);
  }

  /* The contents of a file of the archive, for tests. */
  contents(name) {
    const found = members(this.archive).find((one) => one.name === name);
    return found ? contents(this.archive, found) : null;
  }
}

async function begin() {
  const names = ["v86.wasm", "kernel.bin", "archive.tar", "facts.json"];
  const [wasm, kernel, archive, text] = await Promise.all(names.map(part));
  const facts = JSON.parse(new TextDecoder().decode(text));
  globalThis.page = new Page({ wasm, kernel, archive, facts });
  await globalThis.page.boot();
}

/* v86 gives up by throwing out of a callback of its own. */
addEventListener("unhandledrejection", ({ reason }) => broken(reason));
addEventListener("error", ({ error }) => broken(error));
function broken(wrong) {
  const { page } = globalThis;
  if (page) page.trouble.textContent = say`The machine stopped: ${wrong?.message}. Boot it anew.`;
}

learn(TAB);
setLanguage(languageOf({ search: location.search, languages: navigator.languages }));
document.documentElement.lang = getLanguage();
document.title = say`Fathom in a tab`;
begin().catch((wrong) => {
  document.getElementById("tab").textContent = say`Fathom cannot run here: ${wrong.message}`;
  throw wrong;
});
