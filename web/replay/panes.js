/* panes.js - what the page shows at one instruction: each pane is a function of the focus alone.
 *
 *     focus = {stack, space, process, owner, address, eip, changed, ...}
 *     changed = {blocks, regions: keys of census.js, entries: physical addresses}      Sets
 *
 * The replay page (page.js) and the machine in a tab (web/tab/focus.js) make one each.
 * A pane returns nodes; it keeps nothing, so forward n and back n is the same picture.
 */
import { blockKey, regionKey } from "../model/census.js";
import { heapAt, heapsOf } from "../model/heap.js";
import { pageOf, protection, regionsOf } from "../model/regions.js";
import { KERNEL } from "../model/calls.js";
import { PAGE } from "../model/space.js";
import { say, word } from "./language.js";
import { argumentsOf, hex, resultOf } from "./values.js";
import { byRegion, entryWords } from "./words.js";

/* An element with attributes and children; a text child is text, never markup. */
export function node(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (name === "style") made.style.cssText = value; /* a policy forbids the attribute */
    else if (value !== null) made.setAttribute(name, value);
  made.append(...children.flat().filter((child) => child !== null));
  return made;
}

/* ---- the staircase ---- */
export function stairs({ stack, functions, calls, returned }) {
  const row = (frame, depth) => {
    const found = functions.at(frame.eip);
    const call = calls.get(frame);
    const words = (call ? `(${argumentsOf(call)})` : "") + (frame.guessed ? say` (guessed)` : "");
    const ring = frame.eip >= KERNEL ? "ring0" : "ring3";
    const indent = `padding-left: ${Math.min(depth, 24) * 0.6}em`;
    const rows = [];
    if (frame.crossing)
      rows.push(
        node(
          "li",
          { class: "crossing" },
          say`- ${word(frame.crossing)}: ring 3 above, ring 0 below -`,
        ),
      );
    const name = found ? `${found.module}!${found.name || "?"}` : hex(frame.eip);
    rows.push(node("li", { class: `${ring} mono`, style: indent }, `${name}${words}`));
    return rows;
  };
  const list = stack.flatMap(row);
  const result = returned ? resultOf(returned) : "";
  if (result) list.push(node("li", { class: "mono changed" }, say`returned ${result}`));
  return [node("ol", { class: "stairs" }, list)];
}

/* ---- the heap ---- */
const MANY = 100; /* blocks: they are drawn without gaps */

function strip(blocks, touched) {
  const cells = blocks.map((block) => {
    const weight = Math.max(1, Math.log2(block.bytes / 8 + 1));
    const changed = touched.has(blockKey(block)) ? " changed" : "";
    const title = say`${hex(block.data)}: ${block.size} bytes, ${word(block.kind)}`;
    return node("span", {
      class: block.kind + changed,
      style: `flex-grow: ${weight.toFixed(2)}`,
      title,
    });
  });
  const words = blocks
    .map(({ data, size, kind }) => `${hex(data)} ${size} ${word(kind)}`)
    .join("; ");
  const many = blocks.length > MANY ? "strip many" : "strip";
  return node("div", { class: many, role: "img", "aria-label": words }, cells);
}

/* What the colours of a strip are. */
function key() {
  const rows = [
    ["busy", say`in use`],
    ["free", say`free: two links come first, so its address is 8 bytes further`],
    ["range", say`not committed`],
  ];
  return node(
    "p",
    { class: "soft key" },
    rows.flatMap(([kind, words]) => [node("span", { class: kind }), words]),
  );
}

export function heaps({ space, process, facts, changed }) {
  if (!process) return [node("p", { class: "soft" }, say`No process runs here.`)];
  const all = heapsOf(space, process.Peb).flatMap((at) => {
    const heap = heapAt(space, at, facts);
    if (!heap) return [node("p", {}, say`${hex(at)} is no heap that can be read.`)];
    const parts = heap.segments.map((segment) => [
      say`segment ${hex(segment.base)}`,
      segment.blocks,
    ]);
    parts.push(
      ...heap.front.map((region) => [say`front end, blocks of ${region.size}`, region.blocks]),
    );
    if (heap.large.blocks.length) parts.push([say`large blocks`, heap.large.blocks]);
    return [
      node("h3", { class: "mono" }, say`heap ${hex(at)}`),
      ...parts.flatMap(([name, blocks]) => {
        const busy = blocks.filter(({ kind }) => kind === "busy").length;
        return [
          node("div", { class: "soft" }, say`${name}: ${busy} of ${blocks.length} blocks in use`),
          strip(blocks, changed.blocks),
        ];
      }),
    ];
  });
  return [...all, key()];
}

/* ---- the address space ---- */
function pagesWords(space, region) {
  const counts = new Map();
  for (let at = region.base; at < region.end; at += PAGE) {
    const { state } = pageOf(space, region, at);
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return [...counts].map(([state, count]) => `${count} ${word(state)}`).join(", ");
}

/* What a region is for, if it is known: the module of an image, the heap, the stack, the PEB. */
function holds({ base, end }, { functions, stack, space, process }) {
  const has = (at) => base <= at && at < end;
  const image = functions.rows.find((row) => row.base === base);
  if (image) return image.module;
  if (process && heapsOf(space, process.Peb).some(has)) return word("heap");
  if (process && has(process.Peb)) return "PEB";
  return stack.some(({ esp }) => has(esp)) ? word("stack") : "";
}

export function regions(focus) {
  const { space, owner, changed } = focus;
  const rows = regionsOf(space, owner).regions.map((region) =>
    node(
      "tr",
      {},
      node(
        "td",
        { class: changed.regions.has(regionKey(region)) ? "mono changed" : "mono" },
        `${hex(region.base)}-${hex(region.end - 1)}`,
      ),
      node("td", {}, word(region.kind)),
      node("td", {}, holds(region, focus)),
      node("td", {}, protection(region.vad.Protection)),
      node("td", {}, pagesWords(space, region)),
    ),
  );
  const head = ["addresses", "kind", "holds", "allocated", "pages"].map((name) =>
    node("th", { scope: "col" }, word(name)),
  );
  return [node("table", {}, node("thead", {}, node("tr", {}, head)), node("tbody", {}, rows))];
}

/* ---- from an address to its page ---- */
/* An MM_ code if the page's whole region promises it; null: it does not. */
function promiseOf(space, owner, address) {
  const inside = ({ base, end }) => base <= address && address < end;
  const region = owner ? regionsOf(space, owner).regions.find(inside) : null;
  const page = region ? pageOf(space, region, address) : null;
  return page?.state === "promised" ? page.code : null;
}

export function entries({ space, owner, address, changed }) {
  if (address === null)
    return [node("p", { class: "soft" }, say`No page table entry has changed yet.`)];
  const rows = space.walk(address).map(({ name, where, value }) => {
    const owed = name === "PTE" && value === 0n ? promiseOf(space, owner, address) : null;
    const says = owed === null ? entryWords(value, name) : byRegion(owed);
    const cells = [name, hex(where), hex(value, 16), says];
    return node(
      "tr",
      {},
      cells.map((text) =>
        node("td", { class: changed.entries.has(where) ? "mono changed" : "mono" }, text),
      ),
    );
  });
  const title = node(
    "p",
    { class: "mono" },
    say`${hex(address)}, through CR3 ${hex(space.cr3 >>> 0)}`,
  );
  const head = ["level", "physical", "entry", "says"].map((name) =>
    node("th", { scope: "col" }, word(name)),
  );
  return [
    title,
    node("table", {}, node("thead", {}, node("tr", {}, head)), node("tbody", {}, rows)),
  ];
}

/* ---- source and instruction ---- */
const AROUND = 5;

export function source({ eip, facts: { source: known } }) {
  const [file, line] = known.lines[eip] ?? [null, 0];
  const code = node("p", { class: "mono" }, `${hex(eip)}  ${known.code[eip] ?? "?"}`);
  const text = file === null ? null : known.sources[file];
  if (!text)
    return [
      code,
      node(
        "p",
        { class: "soft" },
        file === null ? say`No line is known.` : `${known.files[file]}:${line}`,
      ),
    ];
  const first = Math.max(1, line - AROUND);
  const rows = text.slice(first - 1, line + AROUND).map((words, i) => {
    const number = String(first + i).padStart(5);
    return first + i === line
      ? node("span", { class: "here" }, `${number}  ${words}`)
      : `${number}  ${words}\n`;
  });
  return [
    code,
    node("p", {}, `${known.files[file]}:${line}`),
    node("pre", { tabindex: "0" }, rows),
  ];
}
