/* words.js - one sentence for each event of include/events.tbl. */
import { say, word } from "../replay/language.js";
import { hex } from "../replay/values.js";

const bytes = (n) => say`${n.toLocaleString("en")} bytes`;
const range = ({ Base, Size }) => `${hex(Base)}-${hex(Base + Size - 1)}`;
/* By what the processor says of a fault: [the page is not there, it is]. */
const WRITES = ["writes a page that is not there", "writes a page it may not"];
const FETCHES = ["fetches a page that is not there", "fetches a page it may not"];
const READS = ["reads a page that is not there", "reads a page it may not"];
const access = (code) => word((code & 2 ? WRITES : code & 16 ? FETCHES : READS)[code & 1]);

/* The name of a process: that of its .exe. */
export function programOf(modules, pid) {
  const exe = (modules.get(pid) ?? []).find(({ name }) => /\.exe$/i.test(name));
  if (exe) return exe.name.split("\\").at(-1).toLowerCase();
  return pid ? say`process ${pid}` : word("the kernel");
}

function heapSentence(f, units) {
  const served = word(units.served.get(f.Served) ?? "?");
  const block = hex(f.Block);
  switch (f.Operation) {
    case 1:
      return f.Block
        ? say`RtlAllocateHeap gives block ${block} for ${bytes(f.Size)}; served by: ${served}.`
        : say`RtlAllocateHeap has no ${bytes(f.Size)}.`;
    case 2:
      return say`RtlFreeHeap takes block ${block} of ${bytes(f.Size)} back; goes to: ${served}.`;
    case 3:
      return say`RtlReAllocateHeap makes block ${hex(f.Old)} ${bytes(f.Size)}:
        it is ${block}; ${served}.`;
    case 4:
      return say`A heap is made at ${hex(f.Heap)}.`;
    default:
      return say`The heap at ${hex(f.Heap)} is gone.`;
  }
}

const SAID = {
  ServiceEnter: (f, { service }) => say`calls ${service(f.Number)}: it is in the kernel now.`,
  ServiceExit: (f, { service }) =>
    say`is about to leave ${service(f.Number)} with status ${hex(f.Status)}.`,
  PageFault: (f, { name }) => say`${name(f.Eip)} ${access(f.ErrorCode)}: ${hex(f.Address)}.`,
  PageFaultExit: (f) =>
    f.Status
      ? say`The fault at ${hex(f.Address)} cannot be resolved: it becomes an exception.`
      : say`The page of ${hex(f.Address)} is there: the same instruction runs again.`,
  PageAlloc: (f, { units }) => {
    const [page, use] = [hex(f.Pfn, 1), word(units.use.get(f.Use) ?? "?")];
    return f.Address
      ? say`PageAlloc gives page ${page} (${use}) for ${hex(f.Address)}; ${f.Free} are free.`
      : say`PageAlloc gives page ${page} (${use}); ${f.Free} are free.`;
  },
  PageFree: (f) => say`PageFree takes page ${hex(f.Pfn, 1)} back; ${f.Free} are free.`,
  RegionReserve: (f) => say`Addresses ${range(f)} are reserved.`,
  RegionCommit: (f) => say`The pages of ${range(f)} are promised; no memory is taken yet.`,
  RegionDecommit: (f) => say`The pages of ${range(f)} are taken back.`,
  RegionRelease: (f) => say`The region ${range(f)} is released.`,
  RegionProtect: (f) => say`The protection of ${range(f)} changes.`,
  HeapOperation: (f, { units }) => heapSentence(f, units),
  ModuleLoad: (f) => say`A view of ${f.Name} is mapped at ${hex(f.Base)}.`,
  ModuleUnload: (f) => say`The image at ${hex(f.Base)} is unmapped.`,
  ProcessCreate: (f) => say`Process ${f.Pid} begins: ${f.Name}.`,
  ProcessExit: (f) => say`Process ${f.Pid} ends with ${hex(f.Status)}.`,
  ThreadCreate: (f) => say`Thread ${`${f.Pid}.${f.Tid}`} begins.`,
  ThreadExit: (f) => say`Thread ${`${f.Pid}.${f.Tid}`} ends.`,
  SectionMap: (f) => say`A view of a section is mapped at ${hex(f.Base)}.`,
  SectionUnmap: (f) => say`The view at ${hex(f.Base)} is unmapped.`,
  ContextSwitch: (f) =>
    f.Pid
      ? say`The processor goes on with thread ${`${f.Pid}.${f.Tid}`}.`
      : word("The processor is idle."),
  Exception: (f) => say`Exception ${hex(f.Code)} at ${hex(f.Address)} goes to the program.`,
  EventsLost: (f) => say`${f.Count} events were lost.`,
};

/* facts: of the page; functions: of the event's process. */
export function sentence(event, facts, functions, modules) {
  const units = Object.fromEntries(
    Object.entries(facts.events.words).map(([unit, list]) => [unit, new Map(list)]),
  );
  const name = (address) => functions.at(address)?.name || hex(address);
  const service = (number) => facts.services[number] ?? `service ${hex(number, 1)}`;
  const said = SAID[event.name]?.(event.fields, { units, name, service }) ?? `${event.name}.`;
  const who = programOf(modules, event.pid);
  return event.name.startsWith("Service") ? `${who} ${said}` : `${who}: ${said}`;
}
