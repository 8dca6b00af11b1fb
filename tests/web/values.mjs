/* node values.mjs MMH HEAPPH: what web/replay/values.js makes of arguments and results. */
import { readFileSync } from "node:fs";
import { DOORS } from "../../web/model/story.js";
import { argumentsOf, resultOf, SHAPES } from "../../web/replay/values.js";

const [, uses] = readFileSync(process.argv[2], "utf8").match(/typedef enum \{([^}]*)\} MMPAGEUSE/);
const heapp = readFileSync(process.argv[3], "utf8");
const [, failures] = heapp.match(/enum _HEAP_FAILURE_TYPE \{([^}]*)\}/);
const told = (name, ...words) => argumentsOf({ name, words: [...words, 0xbad, 0xbad, 0xbad] });
const answers = (name, value) => resultOf({ name, value });
const doors = [...new Set(Object.values(DOORS).flat())];
console.log(
  JSON.stringify({
    lacking: doors.filter((name) => !(name in SHAPES)),
    unused: Object.keys(SHAPES).filter((name) => !doors.includes(name)),
    uses: [...uses.matchAll(/(\w+) = (\d+)/g)].map(([, name, n]) => [
      name,
      told("PageAlloc", Number(n), 1, 0x337fe7),
    ]),
    failures: [...failures.matchAll(/heap_failure_\w+/g)].map(([name], n) => [
      name,
      told("RtlpHeapFailure", 0x320000, n, 0x335760),
    ]),
    told: [
      told("malloc", 98304),
      told("RtlReAllocateHeap", 0x320000, 8, 0x335760, 5000),
      told("NtAllocateVirtualMemory", 0xffffffff, 0x21fda0, 0, 0x21fda4, 0x3000, 4),
      told("NtFreeVirtualMemory", 0xffffffff, 0x21fda0, 0x21fda4, 0x8000),
      told("VirtualAlloc", 0, 1, 0x1000, 0x104),
      told("VirtualFree", 0x350000, 0, 0x9001),
      told("PageFree", 0x5d1),
      told("malloc", null),
    ],
    answers: [
      answers("malloc", 0),
      answers("malloc", 0x335760),
      answers("free", 1),
      answers("RtlFreeHeap", 0x7c900001),
      answers("NtAllocateVirtualMemory", 0),
      answers("NtAllocateVirtualMemory", 0xc0000017),
      answers("PageAlloc", 0x5d1),
      answers("PageAlloc", 0xffffffff),
    ],
  }),
);
