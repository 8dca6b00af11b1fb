/* events.js - reads a stream of events, as tools/events/stream.py does.  Layout: docs/events.md.
 *
 *     MAGIC | u32 version, u32 length | head, JSON | record record ...
 *     record: u16 Size, u8 Id, u8 Fields, u32 Sequence, u64 Time, u32 ProcessId, u32 ThreadId,
 *             u16 Frames, u16 Text | Fields * u32 | Frames * u32 | Frames * u8 | Text | to 4
 *
 * The head carries the table of events, so a stream is read by the table it was written with.
 */
const MAGIC = "Fathom events\n";
const VERSION = 1;
const RECORD = 28;

/* {size, event} of the record at a byte; rows: of rowsOf. */
export function readRecord(view, bytes, at, rows) {
  const [size, id, count] = [view.getUint16(at, true), bytes[at + 2], bytes[at + 3]];
  const [frames, text] = [view.getUint16(at + 24, true), view.getUint16(at + 26, true)];
  const row = rows.get(id);
  if (!row || at + size > bytes.length || size < RECORD + 4 * count + 5 * frames + text)
    throw new SyntaxError(`no event at byte ${at}`);
  const word = (i) => view.getUint32(at + RECORD + 4 * i, true);
  const end = at + RECORD + 4 * (count + frames) + frames;
  const fields = {};
  const [, called, columns] = row;
  columns.forEach(([name, unit], i) => {
    if (unit === "text") fields[name] = new TextDecoder().decode(bytes.subarray(end, end + text));
    else if (i < count) fields[name] = word(i);
  });
  const stack = Array.from({ length: frames }, (_, i) => ({
    address: word(count + i),
    flags: bytes[end - frames + i],
  }));
  const [sequence, pid] = [view.getUint32(at + 4, true), view.getUint32(at + 16, true)];
  const time = Number(view.getBigUint64(at + 8, true));
  const tid = view.getUint32(at + 20, true);
  return { size, event: { sequence, time, pid, tid, name: called, fields, stack } };
}

/* Of a table as a stream's head has it. */
export function rowsOf(table) {
  return new Map(table.rows.map((row) => [row[0], row]));
}

/* bytes: a Uint8Array of the whole stream.  [{sequence, time, pid, tid, name, fields, stack}]; a
 * SyntaxError if it is none. */
export function readEvents(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (from, to) => new TextDecoder().decode(bytes.subarray(from, to));
  const start = MAGIC.length + 8;
  if (text(0, MAGIC.length) !== MAGIC || view.getUint32(MAGIC.length, true) !== VERSION)
    throw new SyntaxError("no stream of events of this version");
  const first = start + view.getUint32(start - 4, true);
  const { table } = JSON.parse(text(start, first));
  const rows = rowsOf(table);
  const events = [];
  for (let at = first; at < bytes.length;) {
    const { size, event } = readRecord(view, bytes, at, rows);
    events.push(event);
    at += size;
  }
  return events;
}
