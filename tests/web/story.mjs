/* node story.mjs RECORDING FUNCTIONS LAYOUTS: the events of web/model/story.js as JSON, numbers of
 * eight bytes in hexadecimal. */
import { readFileSync } from "node:fs";
import { Functions } from "../../web/model/calls.js";
import { Recording } from "../../web/model/recording.js";
import { storyOf } from "../../web/model/story.js";

const [path, rows, layouts] = process.argv.slice(2);
const json = (file) => JSON.parse(readFileSync(file));
const recording = await Recording.open(new Uint8Array(readFileSync(path)));
const { events } = await storyOf(recording, new Functions(json(rows)), json(layouts));
const plain = ({ start, base, end, kind, where, data, size }) => ({
  start,
  base,
  end,
  kind,
  where,
  data,
  size,
});
const one = ({ frame, made, gone, events: hidden, ...event }) => ({
  ...event,
  ...(made && { made: made.map(plain), gone: gone.map(plain) }),
  ...(hidden && { events: hidden.map(one) }),
});
const shown = events.map(one);
console.log(
  JSON.stringify(shown, (_, value) => (typeof value === "bigint" ? value.toString(16) : value)),
);
