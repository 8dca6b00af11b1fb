/* node tab.mjs BUILD PROGRAM.exe WORD: the machine of web/tab in Node.  It boots with the program
 * in its archive, runs it, and is held at each question for a page: what web/model says of memory
 * there.  Then it goes back to a saved state and runs the same way again.  JSON. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import { withFile } from "../../web/model/archive.js";
import { current } from "../../web/model/process.js";
import { pageOf, regionsOf } from "../../web/model/regions.js";
import { PAGE, Space } from "../../web/model/space.js";
import { Machine } from "../../web/tab/machine.js";
import { Names } from "../../web/tab/modules.js";
import { belowMain } from "../../web/tab/stops.js";
import { hex, linesOf } from "./lines.mjs";

const [build, program, word] = process.argv.slice(2);
const { V86 } = await import(
  pathToFileURL(`${build}/npm/web/node_modules/v86/build/libv86.mjs`).href
);
const read = (name) => new Uint8Array(readFileSync(name));
const site = (name) => read(`${build}/web/site/${name}`);
const PAGE_OF = 3; /* FathomQueryPage */
const [SAVED, AGAIN] = [3, 6]; /* moments */

const facts = JSON.parse(new TextDecoder().decode(site("facts.json")));
const archive = withFile(site("archive.tar"), basename(program), read(program));
const machine = new Machine({
  V86,
  wasm: site("v86.wasm"),
  kernel: site("kernel.bin"),
  archive,
  facts,
});
const names = new Names(archive, facts.kernel);
const started = machine.prompt();
await machine.run();
await started;
const { first, prompt } = machine.at;

const isMoment = ({ name, fields }) =>
  name === "ServiceEnter" &&
  facts.services[fields.Number] === "NtFathomQuery" &&
  fields.Arg0 === PAGE_OF;
const lines = () => linesOf(new Space(machine.memory, machine.cr3, facts.layouts), facts);
/* {address of a page: its number} of the private pages that are there. */
function pages() {
  const space = new Space(machine.memory, machine.cr3, facts.layouts);
  const { space: owner } = current(space, facts.symbols);
  const found = {};
  for (const region of regionsOf(space, owner).regions)
    for (let at = region.base; !region.view && at < region.end; at += PAGE) {
      const { state, pfn } = pageOf(space, region, at);
      if (state === "present") found[hex(at, 8)] = hex(pfn);
    }
  return found;
}

const moments = [];
const ended = machine.prompt().then(() => null);
machine.send(`${basename(program)} ${word}\r`);
for (;;) {
  const event = await Promise.race([machine.runTo(isMoment), ended]);
  if (!event) break;
  const stack = event.stack.map(
    ({ address }) => names.of(machine.modules.get(event.pid)).at(address - 1)?.name ?? "?",
  );
  moments.push({ lines: lines(), stack, below: belowMain(event, machine, names), pages: pages() });
  if (moments.length === SAVED + 1) await machine.save();
}
const { text } = machine;
const kept = { count: machine.count, saved: machine.states[0].count };
const went = await machine.back(kept.saved);
const there = { lines: lines(), count: machine.count, text: machine.text };
const again = [];
for (let n = SAVED + 1; n <= AGAIN; n++) {
  await machine.runTo(isMoment);
  again.push(lines());
}
// A pipe takes 64 KiB at a time, and process.exit() does not wait for the rest.
const report = JSON.stringify({
  first,
  prompt,
  moments,
  text,
  kept,
  went,
  there,
  again,
  SAVED,
  AGAIN,
});
process.stdout.write(report, () => process.exit(0));
