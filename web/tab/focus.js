/* focus.js - what the panes of web/replay show of the live machine, held at an event.
 *
 *     machine, event, seen at the stop before  ->  focus of panes.js, and what is seen now
 *
 * seen = {blocks, regions: Maps of census.js, entries: Map of physical address -> entry}.  All of
 * it is read from the guest's memory; the stack is the one that the kernel captured.
 */
import { KERNEL, trapName } from "../model/calls.js";
import { blocksNow, difference, regionsNow } from "../model/census.js";
import { current, memoryOf } from "../model/process.js";
import { Space } from "../model/space.js";

const [GUESSED, TRAP] = [2, 4]; /* FATHOM_FRAME_* */
const TELLING = /^RtlpTrace/; /* from here on a stack is the event's own telling */
export const NOTHING = { blocks: new Map(), regions: new Map(), entries: new Map() };

/* The frames of an event for the staircase, the outermost first. */
export function stackOf(event, functions) {
  const frames = event.stack.map(({ address, flags }) => ({
    eip: flags & TRAP ? address : address - 1,
    guessed: (flags & GUESSED) !== 0,
    crossing: "",
  }));
  frames.reverse();
  frames.forEach((frame, i) => {
    if (frame.eip >= KERNEL && (frames[i - 1]?.eip ?? KERNEL) < KERNEL)
      frame.crossing = trapName(functions, frame.eip) || "system call";
  });
  const telling = frames.findIndex(({ eip }) => TELLING.test(functions.at(eip)?.name ?? ""));
  return telling < 0 ? frames : frames.slice(0, telling);
}

function addressOf({ fields }) {
  return fields.Address || fields.Base || fields.Block || null;
}

/* The innermost frame whose line is known, for the pane of the source; else the innermost. */
function placeOf(stack, functions, lines) {
  const frame = stack.findLast(({ eip }) => lines.at(eip)) ?? stack.at(-1);
  const eip = frame?.eip ?? 0;
  const found = functions.at(eip);
  return { eip, source: lines.source(eip, found ? `${found.module}!${found.name}` : "") };
}

/* {focus, seen}.  functions: of the event's process; last: the address that an event was
 * about before; lines: a Lines. */
export function focusOf(machine, event, functions, seen, last, lines) {
  const { facts, memory, cr3 } = machine;
  const any = new Space(memory, cr3, facts.layouts);
  const { process, space: owner } = current(any, facts.symbols);
  const space = (process && memoryOf(any, process)) ?? any;
  const address = addressOf(event) ?? last;
  const blocks = blocksNow(any, facts);
  const regions = regionsNow(any, facts);
  const path = address === null ? [] : space.walk(address);
  const entries = new Map(path.map(({ where, value }) => [where, value]));
  const differs = ([where, value]) => seen.entries.has(where) && seen.entries.get(where) !== value;
  const fresh = seen === NOTHING; /* at the first stop nothing is a change */
  const made = (before, now) => new Set(fresh ? [] : difference(before, now).made.map(keyOf(now)));
  const stack = stackOf(event, functions);
  const { eip, source } = placeOf(stack, functions, lines);
  const focus = {
    eip,
    stack,
    space,
    process,
    owner,
    address,
    facts: { ...facts, source },
    functions,
    calls: new Map(),
    returned: null,
    changed: {
      blocks: made(seen.blocks, blocks),
      regions: made(seen.regions, regions),
      entries: new Set([...entries].filter(differs).map(([where]) => where)),
    },
  };
  return { focus, seen: { blocks, regions, entries: new Map([...seen.entries, ...entries]) } };
}

function keyOf(map) {
  const keys = new Map([...map].map(([key, what]) => [what, key]));
  return (what) => keys.get(what);
}
