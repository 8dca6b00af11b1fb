/* modules.js - which images each process has, by the events; their functions by name.
 *
 *     ModuleLoad, ModuleUnload, ProcessExit  ->  {process: [{base, size, name}]}  ->  Functions
 *
 * Names come from the files of the archive (model/pe.js), the kernel's from the build.
 */
import { contents, members } from "../model/archive.js";
import { Functions } from "../model/calls.js";
import { functionsOf } from "../model/pe.js";

/* Keeps `modules` (process -> list) as an event leaves it. */
export function modulesAfter(modules, { name, pid, fields }) {
  const of = fields.Pid ?? pid;
  const list = modules.get(of) ?? [];
  if (name === "ModuleLoad")
    modules.set(of, [...list, { base: fields.Base, size: fields.Size, name: fields.Name }]);
  else if (name === "ModuleUnload")
    modules.set(
      of,
      list.filter(({ base }) => base !== fields.Base),
    );
  else if (name === "ProcessExit") modules.delete(of);
}

/* Names of the functions of a process; of: its modules.  The kernel's are always there. */
export class Names {
  constructor(archive, kernel) {
    this.archive = archive;
    this.files = new Map(members(archive).map((one) => [one.name.toLowerCase(), one]));
    this.kernel = kernel; /* rows of tools/web/functions.py */
    this.read = new Map(); /* file -> [[rva, name]] */
    this.made = new Map(); /* modules, as text -> Functions */
  }

  rvas(name) {
    const file = name.toLowerCase().split("\\").at(-1);
    if (!this.read.has(file)) {
      const member = this.files.get(file);
      this.read.set(file, member ? functionsOf(contents(this.archive, member)) : []);
    }
    return this.read.get(file);
  }

  of(modules = []) {
    const key = modules.map(({ base, name }) => `${base} ${name}`).join(",");
    if (!this.made.has(key)) {
      const rows = modules.map(({ base, size, name }) => ({
        module: name
          .toLowerCase()
          .split("\\")
          .at(-1)
          .replace(/\.[a-z]+$/, ""),
        base,
        end: base + size,
        functions: this.rvas(name).map(([rva, called]) => [base + rva, called]),
      }));
      this.made.set(key, new Functions([...rows, ...this.kernel]));
    }
    return this.made.get(key);
  }
}
