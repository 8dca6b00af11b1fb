/* predict.js - for a class: what kind of change comes next?  Said before it is shown.
 *
 *     forward -> question -> an answer -> the step, right or wrong, and the count so far
 */
import { say, word } from "./language.js";
import { node } from "./panes.js";

/* Kinds of events, and what they are called: KINDS_SAID below in the same order. */
const KINDS = [
  ["call"],
  ["return"],
  ["down"],
  ["up"],
  ["fault"],
  ["resolved"],
  ["entry", "loop"],
  ["block"],
  ["region", "switch"],
];
/* What a reader chooses from: each is the kinds above at its place. */
const NAMED = [
  "a layer is called",
  "a layer returns",
  "the way into the kernel",
  "the way back to ring 3",
  "a page fault",
  "the end of a fault",
  "a page table entry",
  "blocks of the heap",
  "regions or the process",
];

export class Predict {
  constructor() {
    this.right = this.asked = 0;
    this.on = false;
    this.box = node("div", { class: "predict", hidden: "" });
    this.told = node("p", { class: "soft", role: "status" });
    this.switch = node("input", { type: "checkbox", id: "predict" });
    this.switch.addEventListener("change", () => {
      this.on = this.switch.checked;
      if (!this.on) this.box.hidden = true;
    });
    const label = node("label", { for: "predict" }, say`predict the next change`);
    this.label = node("span", {}, this.switch, " ", label);
  }

  /* Asks for the kind of an event; then(): the step is taken. */
  ask(event, then) {
    const is = KINDS.findIndex((kinds) => kinds.includes(event.kind));
    const answer = (chosen) => {
      this.asked++;
      this.right += chosen === is;
      const score = say`${this.right} of ${this.asked} right`;
      const right = chosen === is;
      this.told.textContent = right
        ? say`Right. ${score}.`
        : say`No: ${word(NAMED[is])}. ${score}.`;
      this.box.replaceChildren(this.told);
      then();
    };
    const buttons = NAMED.map((words, i) => {
      const made = node("button", { type: "button" }, word(words));
      made.addEventListener("click", () => answer(i));
      return made;
    });
    this.box.replaceChildren(node("p", {}, say`What comes next?`), ...buttons, this.told);
    this.box.hidden = false;
    buttons[0].focus();
  }
}
