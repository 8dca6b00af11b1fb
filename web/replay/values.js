/* values.js - the arguments and the result of a door, with the names that its documentation uses.
 *
 *     size    decimal                    at        an address
 *     flags   hexadecimal, with 0x       memory    MEM_... of the allocation's type
 *     status  an NTSTATUS                protect   PAGE_...
 *     truth   a BOOLEAN or BOOL          page      the number of a physical page
 *     failure a HEAP_FAILURE_TYPE
 */
import { say } from "./language.js";

export const hex = (n, digits = 8) => n.toString(16).toUpperCase().padStart(digits, "0");

const MEMORY = {
  MEM_COMMIT: 0x1000,
  MEM_RESERVE: 0x2000,
  MEM_DECOMMIT: 0x4000,
  MEM_RELEASE: 0x8000,
  MEM_RESET: 0x80000,
  MEM_TOP_DOWN: 0x100000,
  MEM_WRITE_WATCH: 0x200000,
};
const PROTECT = {
  PAGE_NOACCESS: 1,
  PAGE_READONLY: 2,
  PAGE_READWRITE: 4,
  PAGE_WRITECOPY: 8,
  PAGE_EXECUTE: 0x10,
  PAGE_EXECUTE_READ: 0x20,
  PAGE_EXECUTE_READWRITE: 0x40,
  PAGE_EXECUTE_WRITECOPY: 0x80,
  PAGE_GUARD: 0x100,
};
const USES = ["0", "MmPageUser", "MmPageTable", "MmPageKernel", "MmPageShared"]; /* mm.h */
const FAILURES = (
  "internal unknown generic entry_corruption multiple_entries_corruption " +
  "virtual_block_corruption buffer_overrun buffer_underrun block_not_busy invalid_argument " +
  "invalid_allocation_type usage_after_free cross_heap_operation freelists_corruption " +
  "listentry_corruption lfh_bitmap_mismatch"
).split(" "); /* HEAP_FAILURE_TYPE, heapp.h */
const NO_PAGE = 0xffffffff; /* PFN_NONE */

/* "arguments > result" of each door; nothing after the arrow: it returns nothing. */
export const SHAPES = {
  malloc: "size > at",
  calloc: "size size > at",
  realloc: "at size > at",
  free: "at >",
  CoTaskMemAlloc: "size > at",
  CoTaskMemRealloc: "at size > at",
  CoTaskMemFree: "at >",
  IMalloc_Alloc: "at size > at",
  IMalloc_Free: "at at >",
  SysAllocString: "at > at",
  SysAllocStringLen: "at size > at",
  SysFreeString: "at >",
  VirtualAlloc: "at size memory protect > at",
  VirtualFree: "at size memory > truth",
  LocalAlloc: "flags size > at",
  LocalFree: "at > at",
  GlobalAlloc: "flags size > at",
  GlobalFree: "at > at",
  HeapCreate: "flags size size > at",
  RtlAllocateHeap: "at flags size > at",
  RtlReAllocateHeap: "at flags at size > at",
  RtlFreeHeap: "at flags at > truth",
  RtlpHeapFailure: "at failure at >",
  NtAllocateVirtualMemory: "at at size at memory protect > status",
  NtFreeVirtualMemory: "at at at memory > status",
  NtProtectVirtualMemory: "at at at protect at > status",
  PageAlloc: "use flags at > page",
  PageFree: "page >",
};

const flags = (n) => (n ? `0x${hex(n, 1)}` : "0");

/* The names of the bits; a bit without a name: the number. */
function bits(table, n) {
  const found = Object.entries(table).filter(([, bit]) => n & bit);
  const sum = found.reduce((all, [, bit]) => all + bit, 0);
  return n && sum === n ? found.map(([name]) => name).join("|") : flags(n);
}

const TOLD = {
  at: (n) => (n ? hex(n) : "NULL"),
  flags,
  size: String,
  memory: (n) => bits(MEMORY, n),
  protect: (n) => bits(PROTECT, n),
  status: (n) => (n ? hex(n) : "STATUS_SUCCESS"),
  truth: (n) => (n & 0xff ? "TRUE" : "FALSE"),
  failure: (n) => (FAILURES[n] ? `heap_failure_${FAILURES[n]}` : flags(n)),
  use: (n) => USES[n] ?? flags(n),
  page: (n) => (n === NO_PAGE ? say`no page` : say`page ${hex(n, 1)}`),
};
const tell = (kind, n) => (n === null ? "?" : TOLD[kind](n));
const shapeOf = (name) => (SHAPES[name] ?? "at >").split(/ ?> ?/);

export function argumentsOf({ name, words }) {
  const kinds = shapeOf(name)[0].split(" ");
  return kinds.map((kind, i) => tell(kind, words[i])).join(", ");
}

/* The result of a call that returns; "": it returns nothing. */
export function resultOf({ name, value }) {
  const kind = shapeOf(name)[1];
  return kind ? tell(kind, value) : "";
}
