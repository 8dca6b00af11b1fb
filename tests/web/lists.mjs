/* node lists.mjs RECORDING LAYOUTS: heaps and regions as web/model has them, in the lines of
 * programs/lists.c. */
import { readFileSync } from "node:fs";
import { Recording, REGISTERS } from "../../web/model/recording.js";
import { Space } from "../../web/model/space.js";
import { linesOf } from "./lines.mjs";

const [path, layouts] = process.argv.slice(2);
const recording = await Recording.open(new Uint8Array(readFileSync(path)));
const facts = JSON.parse(readFileSync(layouts));
const cr3 = (await recording.registers())[REGISTERS.indexOf("cr3")];
const space = new Space(recording.memory.subarray(0, recording.ram), cr3, facts.layouts);
for (const line of linesOf(space, facts)) console.log(line);
