// The list of keys, and the log of notices.

import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { exact } from "../lib/format.js";
import { openDialog } from "./dialog.js";
import { notices } from "./toast.js";

const KEYS = [["/", "filter"], ["Ctrl K", "jump"], ["g b", "buckets"], ["g k", "keys"], ["g o", "overview"], ["↑ ↓ Home End PgUp PgDn", "move"], ["Space, Shift ↑ ↓", "select"], ["Enter", "open"], ["Esc", "close"], ["Del", "delete"], ["u", "upload"], ["n", "new"], ["?", "help"]];

export function showShortcuts() {
  return openDialog({ title: t("shortcuts.title"), cancel: t("action.close"),
    body: h("dl.shortcut-list", KEYS.map(([keys, name]) => h("div", h("dt", keys.split(" ").map((key) => [h("kbd", key), " "])), h("dd", t(`shortcuts.${name}`))))) });
}

export function showNotices() {
  return openDialog({ title: t("notices.title"), cancel: t("action.close"),
    body: notices.length === 0 ? h("p.muted", t("notices.none")) : h("ul.plain", notices.map((notice) => h("li", h("span.muted.caption", exact(notice.at)), h("div.break", notice.text)))) });
}
