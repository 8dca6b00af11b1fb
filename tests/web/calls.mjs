/* node calls.mjs RECORDING FUNCTIONS STEP...: at each step the functions on the stack, the
 * innermost first, as web/model/calls.js has them. */
import { readFileSync } from "node:fs";
import { callsOf, Functions, stackAt } from "../../web/model/calls.js";
import { Recording } from "../../web/model/recording.js";

const [path, rows, ...steps] = process.argv.slice(2);
const recording = await Recording.open(new Uint8Array(readFileSync(path)));
const functions = new Functions(JSON.parse(readFileSync(rows)));
const roots = await callsOf(recording, functions);
for (const n of steps.map(Number)) {
  const names = stackAt(roots, n).map(({ eip }) => functions.at(eip)?.name ?? "?");
  console.log(names.reverse().join(" "));
}
