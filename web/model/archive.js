/* archive.js - the boot archive (ustar): what is in it, and the same with one file more.
 *
 *     header of 512 bytes | contents, filled up to 512 | header | ... | two blocks of zeros
 */
const BLOCK = 512;
const up = (size) => Math.ceil(size / BLOCK) * BLOCK;

/* [{name, start, size, end}] of its files; start: where the contents begin. */
export function members(tar) {
  const found = [];
  const ascii = (at, size) => new TextDecoder("latin1").decode(tar.subarray(at, at + size));
  for (let at = 0; at + BLOCK <= tar.length && tar[at];) {
    const size = parseInt(ascii(at + 124, 12), 8) || 0;
    const name = ascii(at, 100).split("\0")[0].replace(/^\.\//, "");
    found.push({ name, header: at, start: at + BLOCK, size, end: at + BLOCK + up(size) });
    at += BLOCK + up(size);
  }
  return found;
}

export function contents(tar, { start, size }) {
  return tar.subarray(start, start + size);
}

function header(name, size) {
  const made = new Uint8Array(BLOCK);
  const put = (at, words) => made.set(new TextEncoder().encode(words), at);
  put(0, name);
  put(100, "0000644\0" + "0000000\0" + "0000000\0");
  put(124, size.toString(8).padStart(11, "0") + " " + "00000000000 " + "        " + "0");
  put(257, "ustar\0" + "00");
  const sum = made.reduce((all, byte) => all + byte, 0);
  put(148, sum.toString(8).padStart(6, "0") + "\0 ");
  return made;
}

/* A new archive: a file of this name is replaced.  name: at most 99 characters of ASCII. */
export function withFile(tar, name, bytes) {
  const kept = members(tar).filter((one) => one.name.toLowerCase() !== name.toLowerCase());
  const parts = kept.map((one) => tar.subarray(one.header, one.end));
  parts.push(header(name, bytes.length), bytes, new Uint8Array(up(bytes.length) - bytes.length));
  parts.push(new Uint8Array(2 * BLOCK));
  const made = new Uint8Array(parts.reduce((all, part) => all + part.length, 0));
  let at = 0;
  for (const part of parts) {
    made.set(part, at);
    at += part.length;
  }
  return made;
}
