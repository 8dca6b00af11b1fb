/* controls.js - what a reader steps with: buttons, slider, find, keys, and the links of a step.
 *
 *     left, right    an event         , .   an instruction        Home, End    first, last
 */
import { getLanguage, say, word } from "./language.js";
import { node } from "./panes.js";

export function button(words, label, act) {
  const made = node("button", { type: "button", "aria-label": label }, words);
  made.addEventListener("click", act);
  return made;
}

/* A link to this page in the other language, at the same event. */
export function otherLanguage() {
  const [lang, words] = getLanguage() === "zh" ? ["en", "English"] : ["zh", "\u4e2d\u6587"];
  const link = node("a", { class: "language", href: `?lang=${lang}`, lang }, words);
  link.addEventListener("click", () => (link.href = `?lang=${lang}${location.hash}`));
  return link;
}

function slider(page) {
  const made = node("input", {
    type: "range",
    min: 0,
    max: page.events.length - 1,
    value: 0,
    "aria-label": say`event`,
  });
  made.addEventListener("input", () => page.go(Number(made.value)));
  return made;
}

function find(page) {
  const made = node("input", {
    type: "search",
    placeholder: say`find`,
    "aria-label": say`find an event`,
  });
  made.addEventListener("change", () => page.search(made.value));
  return made;
}

function keys(page, range) {
  const moves = {
    ArrowLeft: () => page.go(page.at - 1),
    ArrowRight: () => page.forward(),
    Home: () => page.go(0),
    End: () => page.go(page.events.length - 1),
    ",": () => page.goInstruction(page.n - 1),
    ".": () => page.goInstruction(page.n + 1),
  };
  document.addEventListener("keydown", (event) => {
    if (event.target.matches?.("input") && event.target !== range) return;
    if (!(event.key in moves) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    moves[event.key]();
  });
}

/* {nav, slider, place}: the bar, and the parts of it that a step changes. */
export function controls(page) {
  const parts = { slider: slider(page), place: node("span", { class: "mono" }) };
  keys(page, parts.slider);
  const bar = node(
    "nav",
    { "aria-label": say`steps` },
    button(`\u25c0 ${word("back")}`, say`one event back`, () => page.go(page.at - 1)),
    button(`${word("forward")} \u25b6`, say`one event forward`, () => page.forward()),
    button("\u2039", say`one instruction back`, () => page.goInstruction(page.n - 1)),
    button("\u203a", say`one instruction forward`, () => page.goInstruction(page.n + 1)),
    parts.slider,
    parts.place,
    find(page),
    page.predict.label,
    button(word("picture"), say`save this step as a picture`, () => page.picture()),
  );
  return { nav: bar, ...parts };
}

/* The events that a commit or a touch is joined to, as buttons. */
export function joined(page, { commit, touches = [] }) {
  const to = (at, words) => button(words, words, () => page.go(at));
  if (commit !== undefined) return [to(commit, say`\u2190 the commit that promised it`)];
  if (!touches.length) return [];
  return [to(touches[0], say`the first touch that pays for it \u2192`)];
}
