/* layout.js - structures by the names of their fields, as the compiler laid them out.
 *
 *     layouts.json (tools/web/layouts.py): {"HEAP": {size, fields: {Signature: {offset, size}}}}
 *
 *     const heap = record(space, "HEAP", address);   heap.Signature, heap.Encoding.Code1
 *
 * A field is a number; one of eight bytes is a BigInt, because a page table entry does not fit a
 * number.  A structure in a structure is a record, an array a list.  A bit field is its bits.
 */

function scalar(bytes, at, { size, signed, bits }) {
  if (size === 8) return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(at, true);
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + bytes[at + i];
  if (bits) return Math.floor(value / 2 ** bits[0]) % 2 ** bits[1];
  return signed && value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value;
}

function decode(layouts, field, bytes, at, address) {
  if (field.layout) return structure(layouts, field.layout, bytes, at, address);
  if (!field.element) return scalar(bytes, at, field);
  const step = field.element.size;
  return Array.from({ length: field.count }, (_, i) =>
    decode(layouts, field.element, bytes, at + i * step, address + i * step),
  );
}

/* Its fields are decoded when they are asked for: a HEAP has hundreds. */
function structure(layouts, name, bytes, start, address) {
  const { fields, size } = layouts[name];
  const made = { address, size, where: (field) => address + fields[field].offset };
  for (const [called, field] of Object.entries(fields)) {
    const get = () => decode(layouts, field, bytes, start + field.offset, address + field.offset);
    Object.defineProperty(made, called, { get, enumerable: true });
  }
  return made;
}

/* The structure of this name at an address of a Space; null: its bytes are not all there. */
export function record(space, name, address) {
  const layout = space.layouts[name];
  if (!layout) throw new Error(`no layout of ${name}`);
  const bytes = space.read(address, layout.size);
  return bytes && structure(space.layouts, name, bytes, 0, address);
}
