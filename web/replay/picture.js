/* picture.js - what the page shows now as an SVG file of rectangles and text, for slides.
 *
 *     each element with a colour, a border or a frame -> rect      each line of text -> text
 *
 * Places and colours are those that the browser has computed, so the picture is the page as the
 * reader sees it, light or dark.  No foreign markup is in it: other programs can open it.
 */
const NS = "http://www.w3.org/2000/svg";
const CLEAR = /rgba\(\d+, \d+, \d+, 0\)|transparent/;
const BASELINE = 0.78; /* of a line's height */

const escape = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");
const at = (number) => number.toFixed(2);

function box(element, origin) {
  const { left, top, width, height } = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  const outlined = parseFloat(style.outlineWidth) && style.outlineStyle !== "none";
  const background = element instanceof SVGElement ? style.fill : style.backgroundColor;
  const hatched = style.backgroundImage !== "none" && style.getPropertyValue("--line");
  const fill = hatched || (CLEAR.test(background) ? "none" : background);
  const [stroke, wide] = outlined
    ? [style.outlineColor, style.outlineWidth]
    : [style.borderRightColor, style.borderRightWidth];
  const drawn = parseFloat(wide) > 0;
  if (!width || !height || (fill === "none" && !drawn)) return "";
  const place = `x="${at(left - origin.left)}" y="${at(top - origin.top)}"`;
  const line = drawn ? ` stroke="${stroke}" stroke-width="${parseFloat(wide)}"` : "";
  return `<rect ${place} width="${at(width)}" height="${at(height)}" fill="${fill}"${line}/>`;
}

/* The lines that a text is broken into: [{text, left, top, height}]. */
function linesOf(text) {
  const range = document.createRange();
  const lines = [];
  for (const { index, 0: word } of text.data.matchAll(/\S+/g)) {
    range.setStart(text, index);
    range.setEnd(text, index + word.length);
    const { left, top, height, width } = range.getBoundingClientRect();
    const last = lines.at(-1);
    if (!width) continue;
    if (last && Math.abs(last.top - top) < 2) last.text += " ".repeat(index - last.end) + word;
    else lines.push({ text: word, left, top, height });
    lines.at(-1).end = index + word.length;
  }
  return lines;
}

function words(text, origin) {
  const { color, fontSize, fontFamily, fontWeight, fontStyle } = getComputedStyle(
    text.parentElement,
  );
  const font =
    `fill="${color}" font-size="${fontSize}" font-family="${escape(fontFamily)}" ` +
    `font-weight="${fontWeight}" font-style="${fontStyle}" xml:space="preserve"`;
  return linesOf(text).map((line) => {
    const x = at(line.left - origin.left);
    const y = at(line.top - origin.top + line.height * BASELINE);
    return `<text x="${x}" y="${y}" ${font}>${escape(line.text)}</text>`;
  });
}

/* An arrow or the marker of the strip, in the strip's own coordinates. */
function line(element, origin) {
  const { a, d, e, f } = element.getScreenCTM();
  const { stroke, strokeWidth, opacity } = getComputedStyle(element);
  const made = element.cloneNode();
  const place = [a, 0, 0, d, e - origin.left, f - origin.top].map(at).join(" ");
  made.setAttribute("transform", `matrix(${place})`);
  const drawn = { fill: "none", stroke, "stroke-width": strokeWidth, opacity };
  for (const [name, value] of Object.entries(drawn)) made.setAttribute(name, value);
  made.setAttribute("vector-effect", "non-scaling-stroke");
  return new XMLSerializer().serializeToString(made);
}

function* parts(node, origin) {
  if (node.nodeType === Node.TEXT_NODE) {
    yield* words(node, origin);
    return;
  }
  if (node.nodeType !== Node.ELEMENT_NODE || !node.getClientRects().length) return;
  if (/^(button|input|select|nav|title)$/i.test(node.localName)) return;
  if (/^(path|line)$/.test(node.localName)) {
    yield line(node, origin);
    return;
  }
  if (node.localName !== "svg") yield box(node, origin);
  for (const child of node.childNodes) yield* parts(child, origin);
}

/* The elements, where they are on the page, as the text of an SVG file. */
export function pictureOf(elements) {
  const rects = elements.map((one) => one.getBoundingClientRect());
  const [left, top] = ["left", "top"].map((side) => Math.min(...rects.map((r) => r[side])));
  const [right, bottom] = ["right", "bottom"].map((side) => Math.max(...rects.map((r) => r[side])));
  const [width, height] = [Math.ceil(right - left), Math.ceil(bottom - top)];
  const paper = getComputedStyle(document.body).backgroundColor;
  return [
    `<svg xmlns="${NS}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="${width}" height="${height}" fill="${paper}"/>`,
    ...elements.flatMap((one) => [...parts(one, { left, top })]).filter(Boolean),
    "</svg>",
  ].join("\n");
}

/* Hands a file to the reader. */
export function save(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
