// Texts by key. Another language is another file beside texts/en.js.

import texts from "../texts/en.js";

const plural = new Intl.PluralRules("en");

/** The text of `key` with {name} replaced from `values`; a text with forms is chosen by `values.n`. */
export function t(key, values = {}) {
  let text = texts[key];
  if (text === undefined) {
    console.error(`no text: ${key}`);
    return key;
  }
  if (typeof text === "object") text = text[plural.select(Number(values.n))] ?? text.other;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name === "n" && "shown" in values ? "shown" : name]) : whole));
}

/** Whether there is a text for `key`: for codes that come from the server. */
export function hasText(key) {
  return key in texts;
}
