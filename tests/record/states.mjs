/* node states.mjs RECORDING STEP...: the machine at each step as the JavaScript reader has it, one
 * line each: number, registers, a hash of memory, 16 bytes at ESP; then its events. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Damaged, Recording } from "../../web/model/recording.js";

const hex = (n) => n.toString(16);
try {
  const recording = await Recording.open(new Uint8Array(readFileSync(process.argv[2])));
  for (const n of process.argv.slice(3).map(Number)) {
    await recording.go(n);
    const registers = await recording.registers();
    const memory = createHash("sha256").update(recording.memory).digest("hex");
    const stack = Buffer.from(await recording.read(registers[4], 16)).toString("hex");
    console.log([n, [...registers].map(hex).join(","), memory, stack].join(" "));
  }
  console.log(JSON.stringify(recording.events));
} catch (wrong) {
  if (!(wrong instanceof Damaged)) throw wrong;
  console.log(`damaged: ${wrong.message}`);
}
