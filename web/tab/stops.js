/* stops.js - where the machine can be made to stop: events that a reader means.
 *
 *     below main   the stack that the kernel captured has the program's main: what the loader and
 *                  the runtime's start do is passed over
 */
import { programOf } from "./words.js";

const COMMIT = 0x13; /* NtAllocateVirtualMemory */
const FROM_USER = 4; /* of a fault's error code */
const MAIN = /^(w?main|w?WinMain)$/;

export function belowMain(event, machine, names) {
  if (programOf(machine.modules, event.pid) === "shell.exe") return false;
  const functions = names.of(machine.modules.get(event.pid));
  return event.stack.some(({ address }) => MAIN.test(functions.at(address - 1)?.name ?? ""));
}

const isDescent = ({ name, fields }) =>
  name === "ServiceEnter"
    ? fields.Number === COMMIT
    : name === "PageFault" && (fields.ErrorCode & FROM_USER) !== 0;

/* {name: [label, function(event, machine, names)]}. */
export const STOPS = {
  descent: [
    "descent: a commit or a touch",
    (event, ...more) => isDescent(event) && belowMain(event, ...more),
  ],
  heap: [
    "operation of a heap",
    (event, ...more) => event.name === "HeapOperation" && belowMain(event, ...more),
  ],
  event: ["event below main", belowMain],
  any: ["event of any process", () => true],
};
