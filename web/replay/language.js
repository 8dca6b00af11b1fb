/* language.js - what the page says, in English or Chinese.
 *
 * A sentence is written once, in English, where it is said: say`${caller} calls ${name}.`  Its
 * Chinese is looked up by its text with {} for each value; there {0}, {1} are the values, in any
 * order.  Values are names, numbers, or parts that were said already.
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

/* One word or sentence that is written elsewhere. */
export const word = (english) => say([english]);

/* What has no Chinese is said in English; tests/web/language.t finds it. */
export function say(texts, ...values) {
  const chinese = language === "zh" && CHINESE[texts.join("{}")];
  if (!chinese) return String.raw({ raw: texts }, ...values);
  return chinese.replace(/\{(\d)\}/g, (_, index) => values[index]);
}
