/* pe.js - PE32 files: may one run here, what does it import, what are its functions called.
 *
 *     MZ .. 3Ch -> "PE" | file header | optional header | section headers | sections | symbols
 *
 * The bytes are somebody's file: nothing here throws for what it holds.  The kernel's loader has
 * the last word; refusal() finds what can be said in a sentence before the machine is started.
 */
const I386 = 0x14c;
const AMD64 = 0x8664;
const PE32 = 0x10b;
const A_DLL = 0x2000;
const CODE = 0x20;
const SYMBOL = 18; /* bytes */
const DEFINED = [2, 3]; /* storage classes: external, static */
const MOST = 1 << 17; /* symbols; sections and imports are far fewer */
const NEW_AND_DELETE = [
  [/^(_Zn[wa]j|\?\?[2U]@YAPAXI@Z)/, "operator new"],
  [/^(_Zd[la]P|\?\?[3V]@YAXPAX)/, "operator delete"],
];

function text(bytes, at) {
  const end = bytes.indexOf(0, at);
  return new TextDecoder().decode(bytes.subarray(at, end < 0 ? at : Math.min(end, at + 512)));
}

/* The headers of a file: {machine, magic, dll, base, imageSize, sections, imports: RVA, symbols:
 * {at, count}}; null: it is no PE file. */
export function headers(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at) => (at + 4 <= bytes.length ? view.getUint32(at, true) : 0);
  const half = (at) => (at + 2 <= bytes.length ? view.getUint16(at, true) : 0);
  const at = word(0x3c);
  if (half(0) !== 0x5a4d || word(at) !== 0x4550) return null;
  const optional = at + 24;
  const first = optional + half(at + 20);
  const sections = Array.from({ length: Math.min(half(at + 6), 96) }, (_, i) => {
    const row = first + 40 * i;
    const [size, rva, raw, offset] = [8, 12, 16, 20].map((o) => word(row + o));
    return { rva, size: Math.max(size, raw), raw, offset, code: (word(row + 36) & CODE) !== 0 };
  });
  return {
    machine: half(at + 4),
    magic: half(optional),
    dll: (half(at + 22) & A_DLL) !== 0,
    base: word(optional + 28),
    imageSize: word(optional + 56),
    sections,
    end: first + 40 * sections.length,
    imports: half(optional) === PE32 && word(optional + 92) > 1 ? word(optional + 104) : 0,
    symbols: { at: word(at + 12), count: Math.min(word(at + 16), MOST) },
    word,
  };
}

/* The names of the DLLs that it imports from, as it has them. */
export function imports(bytes) {
  const head = headers(bytes);
  const offset = (rva) => {
    const inside = head.sections.find((one) => rva >= one.rva && rva < one.rva + one.raw);
    return inside ? rva - inside.rva + inside.offset : 0;
  };
  const found = [];
  const start = head?.imports ? offset(head.imports) : 0;
  for (let at = start; at && found.length < 256; at += 20) {
    const name = head.word(at + 12);
    if (!name || !offset(name)) break;
    found.push(text(bytes, offset(name)));
  }
  return found;
}

/* Why a program cannot run here: a sentence; null: nothing is known against it.  has(name): is a
 * DLL of this name there?  say: a tag for what is said, of web/replay/language.js. */
export function refusal(name, bytes, has, say = String.raw) {
  const head = headers(bytes);
  if (!head) return say`${name} is no Windows program: it has no PE header.`;
  const compiler = "i686-w64-mingw32-gcc";
  if (head.machine === AMD64)
    return say`${name} is a 64-bit program. Fathom runs 32-bit ones: build it with ${compiler}.`;
  if (head.machine !== I386 || head.magic !== PE32)
    return say`${name} is for another processor: its header says ${head.machine.toString(16)}h.`;
  if (head.dll) return say`${name} is a DLL. Drop the program that uses it.`;
  const cut = head.sections.some(({ raw, offset }) => offset + raw > bytes.length);
  if (cut || head.end > bytes.length || !head.sections.length)
    return say`${name} is damaged: it ends before its sections do.`;
  const missing = imports(bytes).filter((dll) => !has(dll));
  if (missing.length) return say`${name} needs ${missing.join(", ")}, which Fathom does not have.`;
  return null;
}

/* The names in a mangled one up to its first template or argument: _ZN3foo3barEi -> foo::bar. */
function unmangled(name) {
  const parts = /^_ZN?K?(St)?/.exec(name);
  const found = parts[1] ? ["std"] : [];
  for (let at = parts[0].length; ;) {
    const [digits] = /^\d*/.exec(name.slice(at));
    if (!digits) return found.join("::") || name;
    at += digits.length + Number(digits);
    found.push(name.slice(at - Number(digits), at));
  }
}

function plain(name) {
  const bare = name.replace(/^[_@]/, "");
  const known = NEW_AND_DELETE.find(([pattern]) => pattern.test(bare));
  if (known) return known[1];
  if (bare.startsWith("_Z")) return unmangled(bare);
  return bare[0] === "?" ? bare : bare.replace(/@\d+$/, "");
}

/* [[rva, name]] of its code in order of address, from its COFF symbols. */
export function functionsOf(bytes) {
  const head = headers(bytes);
  if (!head?.symbols.at) return [];
  const { at: first, count } = head.symbols;
  const strings = first + count * SYMBOL;
  const found = new Map();
  for (let i = 0; i < count; i += 1 + bytes[first + i * SYMBOL + 17]) {
    const at = first + i * SYMBOL;
    if (at + SYMBOL > bytes.length) break;
    const section = head.sections[(bytes[at + 12] | (bytes[at + 13] << 8)) - 1];
    if (!section?.code || !DEFINED.includes(bytes[at + 16])) continue;
    const short = bytes.subarray(at, at + 8);
    const zero = short.indexOf(0);
    const name = head.word(at)
      ? new TextDecoder().decode(zero < 0 ? short : short.subarray(0, zero))
      : text(bytes, strings + head.word(at + 4));
    const rva = section.rva + head.word(at + 8);
    if (!name.includes(".") && !found.has(rva)) found.set(rva, plain(name));
  }
  return [...found].sort(([a], [b]) => a - b);
}
