/* heap.js - the heaps of a process, block by block: ntdll/heap/heap.h, and front/groups.h.
 *
 *     PEB.ProcessHeaps -> HEAP.Segments[i] -> | header data | header data | LAST | uncommitted |
 *                              VirtualAllocdBlocks -> large blocks
 *                              FrontEndHeap -> regions of equal blocks, their busy bits outside
 *
 * A header is XORed with the heap's key and believed only if its checksum is right.  After one that
 * is not, no entry of its segment has a known place: the walk ends there and says so.
 */
import { record } from "./layout.js";
import { PAGE } from "./space.js";

const UNIT = 8; /* bytes of a granule, and of a header */
const FREE_ENTRY = 16; /* a free block's header and links */
const MOST_BLOCKS = 1 << 20;
const MOST_REGIONS = 65536;

/* {code: Size | Flags << 16 | check << 24, entry}; null: it cannot be read. */
function decode(heap, at) {
  const entry = record(heap.space, "HEAP_ENTRY", at);
  return entry && { code: (entry.Code1 ^ heap.key) >>> 0, entry };
}

/* The four bytes of a header XOR to 0, and it has a size. */
export function sound(code) {
  const fold = code ^ (code >>> 16);
  return ((fold ^ (fold >>> 8)) & 0xff) === 0 && (code & 0xffff) !== 0;
}

function backBlock({ flags: F }, at, code, entry, segment) {
  const bytes = (code & 0xffff) * UNIT;
  const flags = (code >>> 16) & 0xff;
  const block = { where: "back end", start: at, bytes, flags, segment };
  if (!(flags & F.BUSY))
    return { ...block, kind: "free", data: at + FREE_ENTRY, size: bytes - FREE_ENTRY };
  const kind = flags & F.VIRTUAL_ALLOC ? "own" : "busy";
  return { ...block, kind, data: at + UNIT, size: bytes - entry.UnusedBytes };
}

/* The runs of a segment: {blocks, damaged: the address of the first header that is not one}. */
function walkSegment(heap, segment) {
  const { numbers, flags } = heap;
  const blocks = [];
  let [at, before] = [segment.FirstEntry, 0];
  while (at < segment.LastValidEntry && blocks.length < MOST_BLOCKS) {
    const got = decode(heap, at);
    const said = got && got.entry.PreviousSize ^ heap.previousKey;
    if (!got || !sound(got.code) || said !== before) return { blocks, damaged: at };
    if (!((got.code >>> 16) & flags.LAST_ENTRY)) {
      blocks.push(backBlock(heap, at, got.code, got.entry, segment.address));
      before = got.code & 0xffff;
      at += before * UNIT;
      continue;
    }
    const range = record(heap.space, "HEAP_UCR_DESCRIPTOR", at + UNIT);
    if (!range || (range.Address | range.Size) & (PAGE - 1)) return { blocks, damaged: at };
    if (range.Size) {
      const [start, bytes] = [range.Address, range.Size];
      blocks.push({
        where: "back end",
        kind: "range",
        start,
        bytes,
        data: start,
        size: bytes,
        flags: 0,
      });
    }
    if (range.Address + range.Size >= segment.LastValidEntry) break;
    at = range.Address + range.Size + heap.record.Pad;
    before = Math.min(numbers.MOST_UNITS + range.Size / PAGE, numbers.MOST_TAG);
  }
  return { blocks, damaged: null };
}

function largeBlocks(heap) {
  const { found, whole } = heap.space.links(heap.record.where("VirtualAllocdBlocks"));
  const blocks = [];
  for (const at of found) {
    const large = record(heap.space, "HEAP_VIRTUAL_ALLOC_ENTRY", at);
    const code = large && (large.BusyBlock.Code1 ^ heap.key) >>> 0;
    if (!large || !sound(code)) return { blocks, damaged: at };
    const [data, size] = [at + large.size, large.CommitSize - (code & 0xffff)];
    const flags = (code >>> 16) & 0xff;
    blocks.push({
      where: "large",
      kind: "busy",
      start: at,
      bytes: large.ReserveSize,
      data,
      size,
      flags,
    });
  }
  return { blocks, damaged: whole ? null : (found.at(-1) ?? heap.address) };
}

/* ---- the front end ---- */
function frontRegion(heap, region) {
  const { numbers, space } = heap;
  const stride = space.layouts.FRONT_GROUP.size;
  const blocks = [];
  for (let first = 0; first < Math.min(region.BlockCount, 2048); first += numbers.GROUP_BLOCKS) {
    const at = region.where("Groups") + (first / numbers.GROUP_BLOCKS) * stride;
    const group = record(space, "FRONT_GROUP", at);
    if (!group) return blocks;
    for (let bit = 0; bit < Math.min(numbers.GROUP_BLOCKS, region.BlockCount - first); bit++) {
      const data = group.First + bit * group.BlockSize;
      const busy = !((group.Mask >>> bit) & 1);
      const bytes = region.SizeIndex === numbers.FRONT_ZERO ? UNIT : region.BlockSize;
      const unused = busy
        ? (record(space, "HEAP_ENTRY", data - UNIT)?.PreviousSize ?? bytes)
        : UNIT;
      const size = region.SizeIndex === numbers.FRONT_ZERO ? 0 : Math.max(0, bytes - unused);
      const kind = busy ? "busy" : "free";
      blocks.push({
        where: "front end",
        kind,
        start: data - UNIT,
        bytes,
        data,
        size,
        flags: +busy,
      });
    }
  }
  return blocks;
}

function frontEnd(heap) {
  const front = heap.record.FrontEndHeap
    ? record(heap.space, "FRONT_HEAP", heap.record.FrontEndHeap)
    : null;
  const regions = [];
  for (let at = front?.Newest ?? 0; at && regions.length < MOST_REGIONS;) {
    const region = record(heap.space, "FRONT_REGION", at);
    if (!region) break;
    const released = region.State === heap.numbers.RELEASED;
    if (!released)
      regions.push({
        base: region.UserBlocks,
        size: region.BlockSize,
        blocks: frontRegion(heap, region),
      });
    if (region.NextInZone >= at) break; /* always a lower address, or 0 */
    at = region.NextInZone;
  }
  return regions;
}

/* A heap: {address, record, segments: [{address, base, end, blocks, damaged}], large, front}; null:
 * no heap is there.  facts: {numbers, flags} of layouts.json. */
export function heapAt(space, address, facts) {
  const heap = record(space, "HEAP", address);
  if (!heap || heap.Signature !== facts.numbers.SIGNATURE) return null;
  const { Code1: key, PreviousSize: previousKey } = heap.Encoding;
  const one = { ...facts, space, address, record: heap, key, previousKey };
  const segments = heap.Segments.slice(0, heap.SegmentCount)
    .filter((at) => at)
    .map((at) => record(space, "HEAP_SEGMENT", at))
    .filter((segment) => segment?.SegmentSignature === facts.numbers.SEGMENT_SIGNATURE)
    .map((segment) => ({
      address: segment.address,
      base: segment.BaseAddress,
      end: segment.BaseAddress + segment.NumberOfPages * PAGE,
      ...walkSegment(one, segment),
    }));
  return { address, record: heap, segments, large: largeBlocks(one), front: frontEnd(one) };
}

/* The addresses of a process's heaps, from its PEB. */
export function heapsOf(space, peb) {
  const block = record(space, "PEB", peb);
  const count = Math.min(block?.NumberOfHeaps ?? 0, 1024);
  return Array.from({ length: count }, (_, i) => space.word(block.ProcessHeaps + 4 * i)).filter(
    Boolean,
  );
}
