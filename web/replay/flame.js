/* flame.js - the whole run as a strip: time to the right in instructions, calls downwards.
 *
 *     |main                                              |
 *     | |malloc       | |malloc  |  |free    |             a frame that is too narrow to be seen is
 *        |RtlAllocate|                                     left out, so the strip stays small
 *
 * Above it an arrow leads from each commit to the touches that pay for it.
 *
 * Drawn once; at a step the marker moves, and the arrows of the event are lit.  A click goes to the
 * first event from its place on.
 */
import { KERNEL } from "../model/calls.js";
import { say } from "./language.js";

const NS = "http://www.w3.org/2000/svg";
const WIDTH = 1000;
const ROW = 7;
const ARROWS = 22; /* height of the room for them */
const MOST_ARROWS = 300;
const ROWS = 22;
const LEAST = 0.7; /* of WIDTH: a frame that is narrower is left out */

function shape(name, attributes) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function addFrames(list, depth, scale, count, name, into) {
  if (depth === ROWS) return;
  for (const frame of list) {
    const [x, width] = [frame.begin * scale, ((frame.end ?? count) - frame.begin) * scale];
    if (width < LEAST) continue;
    const ring = frame.eip >= KERNEL ? "ring0" : "ring3";
    const y = ARROWS + depth * ROW;
    const rect = shape("rect", {
      x: x.toFixed(1),
      y,
      width: width.toFixed(1),
      height: ROW - 1,
      class: `frame ${ring}`,
    });
    const title = shape("title", {});
    title.textContent = name(frame.eip);
    rect.append(title);
    into.append(rect);
    addFrames(frame.calls, depth + 1, scale, count, name, into);
  }
}

/* One arrow from a commit to a touch; commit, touch: numbers of events. */
function arrow({ from, to, commit, touch }, scale) {
  const [x1, x2, y] = [from * scale, to * scale, ARROWS - 1];
  const high = y - Math.min(y - 2, 6 + (x2 - x1) / 12);
  const at = (x, y) => `${x.toFixed(1)} ${y}`;
  const shaft = `M ${at(x1, y)} Q ${at((x1 + x2) / 2, 2 * high - y)} ${at(x2, y)}`;
  const head = `M ${at(x2 - 2, y - 5)} L ${at(x2, y)} L ${at(x2 - 5, y - 3)}`;
  return shape("path", { d: `${shaft} ${head}`, class: "pays", "data-ends": `${commit} ${touch}` });
}

/* {element, mark(n, at)}.  name: of the function that an address is in; go(n): to an instruction;
 * joins: [{from, to: instructions, commit, touch: events}]. */
export function flame(roots, count, name, go, joins = []) {
  const height = ARROWS + ROWS * ROW;
  const view = { viewBox: `0 0 ${WIDTH} ${height}`, preserveAspectRatio: "none", role: "img" };
  const label = say`the whole run: calls downwards, instructions to the right;
    blue ring 3, orange ring 0`;
  const element = shape("svg", { ...view, class: "flame", "aria-label": label });
  addFrames(roots, 0, WIDTH / count, count, name, element);
  const arrows = joins.slice(0, MOST_ARROWS).map((one) => arrow(one, WIDTH / count));
  element.append(...arrows);
  const marker = shape("line", { y1: 0, y2: height, class: "marker" });
  element.append(marker);
  element.addEventListener("click", ({ clientX }) => {
    const { left, width } = element.getBoundingClientRect();
    go(((clientX - left) / width) * count);
  });
  const mark = (n, at) => {
    for (const end of ["x1", "x2"]) marker.setAttribute(end, ((n * WIDTH) / count).toFixed(1));
    for (const one of arrows) {
      const lit = one.dataset.ends.split(" ").includes(String(at)) ? "pays lit" : "pays";
      if (one.getAttribute("class") !== lit) one.setAttribute("class", lit);
    }
  };
  return { element, mark };
}
