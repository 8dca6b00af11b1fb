#!/usr/bin/env node
/* v86.mjs - v86 in QEMU's place, for tools/fathom: FATHOM_QEMU=tests/web/v86.mjs, with --icount, so
 * that the host port has no window into the machine's memory.
 *
 *     port E9h  ->  chardev host     COM3  <-  chardev reply     COM1  <->  pipe of chardev console
 *     port 501h ->  the exit status, as isa-debug-exit gives it
 *
 * Of the command line it takes -m, -kernel, -append, -initrd and -chardev.  QEMU's monitor gets no
 * answer: an NMI never comes, and a kernel that hangs is ended from outside. */
import { createReadStream, createWriteStream, readFileSync } from "node:fs";
import { Socket } from "node:net";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const HOST_PORT = 0xe9;
const EXIT_PORT = 0x501;
const LAST_WORDS = 200; /* ms */
const top = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const v86 = join(process.env.FATHOM_OUT ?? join(top, "build"), "npm/web/node_modules/v86/build");
const { V86 } = await import(pathToFileURL(join(v86, "libv86.mjs")).href);

const words = process.argv.slice(2);
const after = (name) => words[words.indexOf(name) + 1];
const buffer = (path) => new Uint8Array(readFileSync(path)).buffer;
/* What a -chardev names; id stands last for the pipe, first for a socket. */
function chardev(id) {
  const found = words.find((word, i) => words[i - 1] === "-chardev" && word.includes(`id=${id}`));
  return Object.fromEntries(found.split(",").map((part) => part.split("=")));
}
const socket = (id) => new Socket({ fd: Number(chardev(id).fd), readable: true, writable: true });

const emulator = new V86({
  wasm_path: join(v86, "v86.wasm"),
  memory_size: Number(after("-m")) << 20,
  vga_memory_size: 2 << 20,
  multiboot: { buffer: buffer(after("-kernel")) },
  initrd: { buffer: buffer(after("-initrd")) },
  cmdline: after("-append"),
  uart1: true,
  uart2: true,
  screen_container: null,
  disable_speaker: true,
  disable_keyboard: true,
  disable_mouse: true,
  autostart: false,
});

/* Bytes come one by one; a line takes them in pieces, in order. */
function pieces(line) {
  let kept = [];
  const flush = () => {
    if (kept.length) line.write(Buffer.from(kept));
    kept = [];
  };
  return {
    flush,
    add(byte) {
      if (!kept.length) setTimeout(flush);
      kept.push(byte);
    },
  };
}

const reply = socket("reply");
const host = socket("host");
const pipe = chardev("console").path;
const frames = pieces(host);
const console_ = pieces(createWriteStream(`${pipe}.out`));
createReadStream(`${pipe}.in`).on("data", (data) => emulator.serial0_send(data.toString("latin1")));
reply.on("data", (data) => {
  for (const byte of data) emulator.bus.send("serial2-input", byte);
});
emulator.add_listener("serial0-output-byte", (byte) => console_.add(byte));
await new Promise((on) => emulator.add_listener("emulator-ready", on));
const { io } = emulator.v86.cpu;
io.register_write(HOST_PORT, null, (byte) => frames.add(byte));
/* Nothing comes after it: what has come is written, then the process ends. */
const ended = (value) => {
  frames.flush();
  console_.flush();
  setTimeout(() => process.exit((value << 1) | 1), LAST_WORDS);
};
io.register_write(EXIT_PORT, null, ended, ended, ended);
await emulator.run();
