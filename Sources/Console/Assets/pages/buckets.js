// All buckets: what is in them, how they are encrypted, who may see them.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { get, has, may } from "../lib/api.js";
import { bytes, exact, number, visible, when } from "../lib/format.js";
import { go, href } from "../lib/router.js";
import { arraySource, Grid } from "../lib/grid.js";
import { pageKeys } from "../lib/shortcuts.js";
import { encryptionLine } from "../parts/encryption.js";
import { filterBox, pageHead, refreshButton } from "../parts/page-head.js";
import { banner, empty } from "../parts/states.js";
import { createBucket } from "./bucket-create.js";

const columns = [
  { id: "name", label: t("buckets.name"), width: "minmax(140px, 2.2fr)", sort: true, fill: (cell, row) => fill(cell, h("div.name-cell", icon(row.problem ? "warn" : "bucket"),
    h("a.name", { href: href(["buckets", row.name, "objects"]), title: row.name }, h("bdi", visible(row.name))),
    h("a.icon-button", { href: href(["buckets", row.name, "settings"]), "aria-label": t("bucket.configureNamed", { name: row.name }), title: t("bucket.configure") }, icon("gear")))) },
  { id: "objects", label: t("buckets.objects"), width: "minmax(70px, 0.7fr)", from: 600, align: "right", sort: true, fill: (cell, row) => { cell.textContent = number(row.objects); } },
  { id: "bytes", label: t("buckets.size"), width: "minmax(76px, 0.7fr)", from: 300, align: "right", sort: true, fill: (cell, row) => { cell.textContent = bytes(row.bytes); } },
  { id: "encryption", label: t("buckets.encryption"), width: "minmax(150px, 1.8fr)", from: 460, fill: (cell, row) => fill(cell, row.problem ? h("span.badge.danger", { title: visible(row.problem) }, t("buckets.problem")) : row.encryption ? encryptionLine(row.encryption, row.encryption.source) : "–") },
  { id: "versioning", label: t("buckets.versions"), width: "minmax(72px, 0.6fr)", from: 860, fill: (cell, row) => fill(cell, row.versioning === "enabled" ? t("state.on") : row.versioning === "suspended" ? t("state.suspended") : row.versioning === undefined ? "–" : h("span.muted", t("state.off")),
    row.locked && h("span", { title: t("buckets.locked") }, " ", icon("lock"))) },
  { id: "access", label: t("buckets.access"), width: "minmax(80px, 0.7fr)", from: 960, fill: (cell, row) => fill(cell, row.access === "public" ? h("span.badge.warn", icon("warn"), t("access.public")) : row.access ? h("span.muted", t(`access.${row.access}`)) : "–") },
  { id: "created", label: t("buckets.created"), width: "minmax(92px, 0.7fr)", from: 760, sort: true, fill: (cell, row) => { cell.textContent = when(row.created); cell.title = exact(row.created); } },
];

export async function page({ query, signal }) {
  let text = query.get("q") ?? "";
  let sort = { by: "name", down: false };
  let all = [];
  let total = 0;
  let next;

  const load = async (after) => {
    const answer = await get("buckets", { q: text, limit: 1000, after }, signal);
    all = after ? [...all, ...answer.buckets] : answer.buckets;
    total = answer.total ?? all.length;
    next = answer.next;
  };
  await load();

  const grid = new Grid({
    label: t("buckets.title"), columns, source: arraySource([]), id: (row) => row.name, sort,
    open: (row) => go(href(["buckets", row.name, "objects"])), onSort: (order) => { sort = order; draw(); },
  });
  const more = h("div");
  const creating = has("POST buckets") && may("s3:CreateBucket");
  const create = async () => {
    const made = await createBucket();
    if (made) go(href(["buckets", made.name, "objects"]));
  };

  function draw() {
    const rows = [...all].sort(order(sort));
    grid.show(arraySource(rows), { state: rows.length > 0 ? null : text !== ""
      ? empty(t("buckets.noneMatch", { text: visible(text) }), t("buckets.noneMatchText"))
      : empty(t("buckets.none"), creating ? t("buckets.noneText") : t("buckets.noneMayText"), creating && h("button.button.primary", { type: "button", on: { click: create } }, t("buckets.create"), icon("plus")), openByName()) });
    fill(more, next && h("div.row", h("span.muted", t("list.loaded", { n: all.length, shown: number(all.length), total: number(total) })),
      h("button.button.small", { type: "button", on: { click: async () => { await load(next); draw(); } } }, t("list.more"))),
    !next && all.length > 0 && !may("s3:ListAllMyBuckets") && banner("info", t("buckets.onlySome"), " ", openByName()));
  }

  const refresh = async () => { await load(); draw(); };
  pageKeys({ n: creating ? create : () => {} }, signal);
  draw();
  return {
    title: t("buckets.title"),
    element: h("div.page.fixed",
      pageHead(t("buckets.title"), filterBox(t("buckets.filter"), async (value) => { text = value; await refresh(); }, text), refreshButton(refresh),
        creating && h("button.button.primary", { type: "button", on: { click: create } }, t("buckets.create"), icon("plus"))),
      grid.element, more),
  };
}

/** A bucket can be opened by its name by those who may not list all. */
function openByName() {
  return !may("s3:ListAllMyBuckets") && h("form.row", { on: { submit: (event) => {
    event.preventDefault();
    const name = event.target.elements.bucket.value.trim();
    if (name) go(href(["buckets", name, "objects"]));
  } } }, h("input", { type: "text", name: "bucket", "aria-label": t("buckets.openName"), placeholder: t("buckets.openName"), autocomplete: "off", style: { width: "200px" } }), h("button.button", { type: "submit" }, t("buckets.open")));
}

function order({ by, down }) {
  const sign = down ? -1 : 1;
  return (one, other) => {
    const [a, b] = [one[by] ?? -1, other[by] ?? -1];
    return sign * (a < b ? -1 : a > b ? 1 : one.name < other.name ? -1 : 1);
  };
}

