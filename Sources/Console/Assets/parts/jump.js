// Ctrl-K: pages by any of their names, buckets, keys.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { get, has, may } from "../lib/api.js";
import { visible } from "../lib/format.js";
import { go, href } from "../lib/router.js";
import { openDialog } from "./dialog.js";
import { places } from "./shell.js";

const MOST = 12;

export function openJump() {
  let at = 0;
  let found = [];
  let buckets = [];
  let keys = [];
  const abort = new AbortController();
  const list = h("div.jump-list", { id: "jump-list", role: "listbox", "aria-label": t("jump.title") });
  const input = h("input", { type: "text", placeholder: t("jump.placeholder"), "aria-label": t("jump.placeholder"), autocomplete: "off", spellcheck: false, role: "combobox", "aria-expanded": "true", "aria-controls": "jump-list", on: { input: search, keydown: (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      at = Math.max(0, Math.min(found.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)));
      draw();
      event.preventDefault();
    }
  } } });

  const pages = places().flatMap((place) => [place, ...(place.also ?? []).filter((sub) => sub.when)])
    .map((place) => ({ label: t(`place.${place.id}`), words: t(`jump.words.${place.id}`), icon: place.icon ?? "key", href: place.href, kind: t("jump.page") }))
    .concat(has("GET shares") ? [{ label: t("shares.title"), words: t("jump.words.shares"), icon: "link", href: "#/shares", kind: t("jump.page") }] : [])
    .concat(has("GET tasks") ? [{ label: t("place.tasks"), words: "", icon: "clock", href: "#/tasks", kind: t("jump.page") }] : []);

  let turn = 0;
  async function search() {
    const text = input.value.trim().toLowerCase();
    const mine = turn += 1;
    at = 0;
    choose(text);
    if (text === "") return;
    const [bucketAnswer, keyAnswer] = await Promise.all([
      get("buckets", { q: text, limit: MOST }, abort.signal).catch(() => ({ buckets: [] })),
      has("GET keys") && may("kms:ListKeys") ? get("keys", { pattern: `*${text.replace(/[*?]/g, "")}*`, limit: MOST }, abort.signal).catch(() => ({ keys: [] })) : { keys: [] },
    ]);
    if (mine !== turn) return;
    buckets = bucketAnswer.buckets;
    keys = keyAnswer.keys;
    choose(text);
  }

  function choose(text) {
    const inText = (words) => text.split(/\s+/).every((word) => words.toLowerCase().includes(word));
    found = [
      ...pages.filter((page) => text === "" || inText(`${page.label} ${page.words}`)),
      ...(text === "" ? [] : buckets.filter((one) => one.name.includes(text)).flatMap((one) => [
        { label: one.name, icon: "bucket", href: href(["buckets", one.name, "objects"]), kind: t("jump.bucket") },
        { label: one.name, icon: "gear", href: href(["buckets", one.name, "settings"]), kind: t("jump.settings") }])),
      ...(text === "" ? [] : keys.filter((one) => one.name.toLowerCase().includes(text)).map((one) => ({ label: one.name, icon: "key", href: href(["keys", "name", one.name]), kind: t("jump.key") }))),
    ].slice(0, MOST);
    draw();
  }

  function draw() {
    fill(list, found.map((one, n) => h("div.jump-row", { id: `jump-${n}`, role: "option", "aria-selected": String(n === at), on: { click: () => { at = n; input.form.requestSubmit(); } } },
      icon(one.icon), h("bdi.grow", visible(one.label)), h("span.muted.caption", one.kind))), found.length === 0 && h("p.picker-none", t("jump.none")));
    input.setAttribute("aria-activedescendant", found.length > 0 ? `jump-${at}` : "");
    list.children[at]?.scrollIntoView({ block: "nearest" });
  }

  choose("");
  return openDialog({ title: t("jump.title"), className: "jump", cancel: null, body: [input, list],
    submit: { label: t("buckets.open"), action: () => found[at] ?? true }, onClose: () => abort.abort() }).then((one) => { if (one?.href) go(one.href); });
}
