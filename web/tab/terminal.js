/* terminal.js - the console: xterm.js under a policy that allows no style that the page makes up.
 *
 * xterm puts its colours and its font into <style> elements, which a strict style-src forbids.
 * Constructable style sheets are not subject to it: while the terminal is made, a <style> is an
 * element without effect whose text goes into such a sheet.
 */
import { Terminal } from "@xterm/xterm";

const [COLUMNS, ROWS] = [80, 24];
const WIDE = 0.602; /* of a monospace font's size */
const [SMALLEST, LARGEST] = [6, 15];
const fit = (width) => Math.floor((width / COLUMNS / WIDE) * 2) / 2;

function sheetElement(create) {
  const element = create("span");
  const sheet = new CSSStyleSheet();
  element.hidden = true;
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  Object.defineProperty(element, "textContent", { set: (text) => sheet.replaceSync(text) });
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
    Element.prototype.remove.call(element);
  };
  return element;
}

/* Runs make() with <style> elements replaced. */
function withSheets(make) {
  const create = document.createElement.bind(document);
  document.createElement = (name, ...more) =>
    name === "style" ? sheetElement(create) : create(name, ...more);
  try {
    return make();
  } finally {
    delete document.createElement;
  }
}

/* A terminal in an element; typed(text): what the reader types. */
export function terminal(element, typed) {
  const fitting = () => Math.min(LARGEST, Math.max(SMALLEST, fit(element.clientWidth)));
  const made = withSheets(() => {
    const one = new Terminal({
      cols: COLUMNS,
      rows: ROWS,
      fontSize: fitting(),
      fontFamily: "ui-monospace, Consolas, 'DejaVu Sans Mono', monospace",
      screenReaderMode: true,
      scrollback: 5000,
      theme: { background: "#111111", foreground: "#eeeeee" },
    });
    one.open(element);
    return one;
  });
  /* Tab leaves the console, or a reader without a mouse is caught in it. */
  made.attachCustomKeyEventHandler(({ key }) => key !== "Tab");
  made.onData(typed);
  addEventListener("resize", () => (made.options.fontSize = fitting()));
  let bytes = [];
  const flush = () => {
    made.write(Uint8Array.from(bytes));
    bytes = [];
  };
  return {
    write(byte) {
      if (!bytes.length) setTimeout(flush, 10);
      bytes.push(byte);
    },
    reset(text) {
      bytes = [];
      made.reset();
      made.write(text);
    },
    focus: () => made.focus(),
  };
}
