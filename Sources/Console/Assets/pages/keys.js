// The key service's keys.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { get, has, may, session } from "../lib/api.js";
import { exact, number, visible, when } from "../lib/format.js";
import { go, href } from "../lib/router.js";
import { arraySource, Grid } from "../lib/grid.js";
import { createKey } from "../parts/encryption.js";
import { filterBox, pageHead, refreshButton } from "../parts/page-head.js";
import { banner, empty } from "../parts/states.js";

const columns = [
  { id: "name", label: t("keys.colName"), width: "minmax(150px, 2fr)", fill: (cell, row) => fill(cell, h("div.name-cell", icon("key", "key"), h("a.name", { href: href(["keys", "name", row.name]), title: row.name }, h("bdi", visible(row.name))))) },
  { id: "version", label: t("keys.colVersion"), width: "72px", from: 560, fill: (cell, row) => { cell.textContent = row.version === undefined ? "–" : `v${row.version}`; } },
  { id: "default", label: t("keys.colDefault"), width: "86px", from: 440, fill: (cell, row) => fill(cell, row.default && h("span.badge.key", t("keys.default"))) },
  { id: "buckets", label: t("keys.colUsedBy"), width: "minmax(110px, 1.2fr)", from: 520, fill: (cell, row) => fill(cell, h("span", { title: (row.buckets ?? []).join(", ") }, row.bucketCount === undefined ? "–" : row.bucketCount === 0 ? h("span.muted", t("keys.unused")) : row.bucketCount === 1 && row.buckets?.length === 1 ? row.buckets[0] : t("keys.nBuckets", { n: row.bucketCount }))) },
  { id: "dataKeys", label: t("keys.colDataKeys"), width: "90px", from: 700, align: "right", fill: (cell, row) => { cell.textContent = number(row.dataKeys); } },
  { id: "created", label: t("keys.colCreated"), width: "minmax(96px, 0.8fr)", from: 820, fill: (cell, row) => { cell.textContent = when(row.created); cell.title = exact(row.created); } },
  { id: "createdBy", label: t("keys.colCreatedBy"), width: "minmax(90px, 0.8fr)", from: 940, fill: (cell, row) => fill(cell, h("bdi", visible(row.createdBy ?? "–"))) },
];

export async function page({ signal }) {
  let pattern = "";
  let keys = [];
  let next;
  const load = async (after) => {
    const text = pattern === "" ? "*" : /[*?]/.test(pattern) ? pattern : `*${pattern}*`;
    const answer = await get("keys", { pattern: text, after, limit: 1000 }, signal);
    keys = after ? [...keys, ...answer.keys] : answer.keys;
    next = answer.next;
  };
  await load();
  const service = session.value.keyService ?? {};
  const creating = has("POST keys") && may("kms:CreateKey") && service.canCreateKeys;
  const grid = new Grid({ label: t("keys.title"), columns, source: arraySource([]), id: (row) => row.name, open: (row) => go(href(["keys", "name", row.name])) });
  const more = h("div");
  const refresh = async () => { await load(); draw(); };
  const create = async () => { if (await createKey()) await refresh(); };
  const bring = async () => { if (await (await import("./key-import.js")).importKey()) await refresh(); };

  function draw() {
    grid.show(arraySource(keys), { state: keys.length > 0 ? null : pattern !== "" ? empty(t("keys.noneMatch", { text: visible(pattern) }))
      : empty(t("keys.none"), t("keys.noneText"), creating && h("button.button.primary", { type: "button", on: { click: create } }, t("keys.create"), icon("plus"))) });
    fill(more, next && h("button.button.small", { type: "button", on: { click: async () => { await load(next); draw(); } } }, t("list.more")));
  }
  draw();
  return {
    title: t("keys.title"),
    element: h("div.page.fixed",
      pageHead(t("keys.title"), filterBox(t("keys.search"), async (value) => { pattern = value; await refresh(); }),
        has("GET kms") && may("kms:Status") && h("a.button", { href: "#/keys/status" }, h(`span.light.${service.state}`), t("keys.status")), refreshButton(refresh),
        creating && has("PUT keys/import") && may("kms:ImportKey") && h("button.button", { type: "button", on: { click: bring } }, icon("upload"), t("keyImport.title")),
        creating && h("button.button.primary", { type: "button", on: { click: create } }, t("keys.create"), icon("plus"))),
      !service.canCreateKeys && service.cannotCreateKeys && banner("info", visible(service.cannotCreateKeys)),
      grid.element, more),
  };
}
