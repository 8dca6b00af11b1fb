#!/usr/bin/env node
/* dap.js - the debug adapter for editors: npm's cdt-gdb-adapter, and steps back.
 *
 *     editor --debug adapter protocol--> dap.js --GDB/MI--> tools/fathom-gdb
 *       --> fathom gdb --listen
 *
 * cdt-gdb-adapter knows no step back; gdb does, on a recording.  `make editor` installs it.
 * Without arguments it speaks on standard input and output; --server=PORT waits for an editor.
 */
'use strict';
const fs = require('fs');
const module_ = require('module');
const os = require('os');
const path = require('path');

const top = path.dirname(path.dirname(__dirname));
const out = path.resolve(process.env.FATHOM_OUT || path.join(top, 'build'));

function adapter() {
  for (const from of [__filename, path.join(out, 'npm', 'any.js')]) {
    try {
      return module_.createRequire(from)('cdt-gdb-adapter');
    } catch (missing) {
      if (missing.code !== 'MODULE_NOT_FOUND') throw missing;
    }
  }
  console.error('fathom: cdt-gdb-adapter is not installed; make editor does it (npm, network)');
  process.exit(1);
}

const { GDBTargetDebugSession } = adapter();

/** Whether what waits for gdb is a recording: only then gdb can go back. */
function recorded() {
  const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
  for (const folder of [path.join(out, 'gdb'), path.join(cache, 'fathom')]) {
    try {
      return 'recording' in JSON.parse(fs.readFileSync(path.join(folder, 'editor.json')));
    } catch {
      // a read-only installation has it in the other one
    }
  }
  return false;
}

const CROSSING = '<signal handler called>'; // gdb's words; tools/gdb/crossed.py has its name

class Session extends GDBTargetDebugSession {
  sendResponse(response) {
    const send = () => super.sendResponse(response);
    if (response.command === 'initialize') response.body.supportsStepBack = recorded();
    const frames = (response.command === 'stackTrace' && response.body?.stackFrames) || [];
    this.nameCrossings(frames).then(send, send); // an old gdb cannot tell: its words stay
  }

  /** A crossing, and what it interrupted, with the name and the line that `bt` has. */
  async nameCrossings(frames) {
    const crossings = frames.flatMap((frame, n) => (frame.name === CROSSING ? [n, n + 1] : []));
    for (const frame of crossings.map((n) => frames[n]).filter(Boolean)) {
      const level = this.frameHandles.get(frame.id).frameId;
      const told = await this.gdb.sendCommand(`-fathom-frame ${level}`);
      frame.name = told.func;
      if (!told.fullname) continue;
      frame.source = { name: path.basename(told.fullname), path: told.fullname };
      frame.line = Number(told.line);
    }
  }

  /** gdb names no thread for a stop that Fathom's commands tell of: an exception, a bug check. */
  sendStoppedEvent(reason, thread, all) {
    const named = thread > 0;
    super.sendStoppedEvent(named ? reason : 'exception', named ? thread : 1, named ? all : true);
  }

  back(response, command) {
    this.gdb.sendCommand(`${command} --reverse`).then(
      () => this.sendResponse(response),
      (wrong) => this.sendErrorResponse(response, 1, wrong.message),
    );
  }

  stepBackRequest(response, args) {
    const one = args.granularity === 'instruction';
    this.back(response, one ? '-exec-next-instruction' : '-exec-next');
  }

  reverseContinueRequest(response) {
    this.back(response, '-exec-continue');
  }
}

Session.run(Session);
