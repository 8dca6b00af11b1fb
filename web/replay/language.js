/* language.js - what the page says, in English or Chinese.
 *
 * A sentence is written once, in English, where it is said: say`${caller} calls ${name}.`  Its
 * Chinese is looked up by its text with {} for each value; there {0}, {1} are the values, in any
 * order.  Values are names, numbers, or parts that were said already.  A sentence that is folded
 * in the source has one blank at the fold.
 *
 * The page's address chooses (page.html?lang=zh), else the language that the browser asks for.
 */
import { CHINESE } from "./chinese.js";

export function languageOf({ search = "", languages = [] }) {
  const asked = new URLSearchParams(search).get("lang") ?? languages[0] ?? "en";
  return asked.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/* More sentences, of a page that has its own beside those of the replay page. */
export const learn = (rows) => Object.assign(CHINESE, rows);

let language = "en";
export const setLanguage = (name) => (language = name);
export const getLanguage = () => language;

/* A blank between two Chinese characters, as where a value is one: it goes. */
const CHARACTER = "[\u3001-\u9fff\uff01-\uff5e]";
const BLANK = new RegExp(`(${CHARACTER}) (?=${CHARACTER})`, "g");

/* One word or sentence that is written elsewhere. */
export const word = (english) => say([english]);

/* What has no Chinese is said in English; tests/web/language.t finds it. */
export function say(texts, ...values) {
  const raw = texts.map((text) => text.replace(/\n\s*/g, " "));
  const chinese = language === "zh" && CHINESE[raw.join("{}")];
  const said = chinese
    ? chinese.replace(/\{(\d)\}/g, (_, index) => values[index])
    : String.raw({ raw }, ...values);
  return language === "zh" ? said.replace(BLANK, "$1") : said;
}
