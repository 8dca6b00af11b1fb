/* process.js - the processes as the kernel keeps them.
 *
 *     PsAllProcesses -> EPROCESS.AllListEntry -> ...     EPROCESS.Space -> MMSPACE.Cr3
 *
 * The current one is that of MiCurrentSpace, whose tables the processor has loaded.
 */
import { record } from "./layout.js";
import { Space } from "./space.js";

/* Every EPROCESS, in the order of the list.  space: any, for the kernel's half; symbols: of
 * layouts.json. */
export function processes(space, symbols) {
  const offset = space.layouts.EPROCESS.fields.AllListEntry.offset;
  return space
    .links(symbols.PsAllProcesses)
    .found.map((at) => record(space, "EPROCESS", at - offset))
    .filter(Boolean);
}

/* {process, space: its MMSPACE's address}; process is null in the system's own space. */
export function current(space, symbols) {
  const owner = space.word(symbols.MiCurrentSpace);
  const process = processes(space, symbols).find((one) => one.Space === owner) ?? null;
  return { process, space: owner };
}

/* A process's memory; null: it has ended. */
export function memoryOf(space, process) {
  const owner = process.Space ? record(space, "MMSPACE", process.Space) : null;
  return owner && new Space(space.memory, owner.Cr3, space.layouts);
}
