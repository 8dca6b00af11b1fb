/* regions.js - the regions of a process (VADs) and what each of their pages is.
 *
 *     MMSPACE.Vads -> MIVADTREE.Tree.Root -> MMVAD, left | right        kernel/mm/vad.c
 *     page table entry and region together say what a page is           kernel/mm/pte.h
 *
 * The walk trusts nothing: a node is visited once, and a tree that cannot be read ends it.
 */
import { record } from "./layout.js";
import { PAGE, TRANSITION, VALID } from "./space.js";

export const KINDS = ["private", "mapped", "image"]; /* MIVADKIND */
const ACCESS = ["---", "r--", "--x", "r-x", "rw-", "rc-", "rwx", "rcx"]; /* MM_ codes 0 to 7 */
const DECOMMIT = 0x10;
const NOACCESS = 0x18;
const GUARD = 0x10;
const NOCACHE = 8;
const MOST = 20000;

/* rw-, r-x, ... of an MM_ code; "reserved", "no access", "rw- guard". */
export function protection(code) {
  if (code === DECOMMIT) return "reserved";
  if (code === NOACCESS) return "no access";
  const extra = code & GUARD ? " guard" : code & NOCACHE ? " uncached" : "";
  return ACCESS[code & 7] + extra;
}

function region(vad) {
  return {
    vad,
    base: vad.StartingVpn * PAGE,
    end: (vad.EndingVpn + 1) * PAGE,
    kind: KINDS[vad.Kind] ?? `kind ${vad.Kind}?`,
    view: vad.View !== 0,
  };
}

/* {regions in order of address, whole: the tree could be read to its end}. */
export function regionsOf(space, mmspace) {
  const owner = record(space, "MMSPACE", mmspace);
  const tree = owner && record(space, "MIVADTREE", owner.Vads.address);
  const [found, seen, left] = [[], new Set(), []];
  for (let at = tree?.Tree.Root ?? 0; at || left.length;) {
    if (!at) {
      const vad = left.pop();
      found.push(region(vad));
      at = record(space, "RTL_AVL_NODE", vad.address).Right;
      continue;
    }
    const vad = record(space, "MMVAD", at);
    if (!vad || seen.has(at) || seen.size === MOST) return { regions: found, whole: false };
    seen.add(at);
    left.push(vad);
    at = record(space, "RTL_AVL_NODE", at).Left;
  }
  return { regions: found, whole: tree !== null };
}

/* What one page of a region is: {entry: BigInt, state, code: an MM_ code or null, pfn or null}.
 * state: present, trapping (there, and every access traps), promised (committed, never touched),
 * shown (of a view, never touched: the view says what it is), reserved. */
export function pageOf(space, { vad }, address) {
  const { name, value } = space.entry(address);
  const entry = name === "PTE" ? value : 0n;
  const low = Number(entry & 0xffffffffn);
  const pfn = entry & (VALID | TRANSITION) ? Number((entry >> 12n) & 0xffffffffffn) : null;
  if (entry & VALID)
    return { entry, pfn, state: "present", code: ((low >> 9) & 7) | (low & 0x10 ? NOCACHE : 0) };
  if (low) {
    const code = (low >> 5) & 0x1f;
    if (code === DECOMMIT) return { entry, pfn: null, state: "reserved", code };
    return { entry, pfn, state: pfn === null ? "promised" : "trapping", code };
  }
  if (vad.View) return { entry, pfn, state: "shown", code: null };
  if (!vad.MemCommit) return { entry, pfn, state: "reserved", code: DECOMMIT };
  return { entry, pfn, state: "promised", code: vad.Untouched };
}
