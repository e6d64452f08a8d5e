// The links that were shared, and taking them back.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { get, remove, session } from "../lib/api.js";
import { exact, visible, when } from "../lib/format.js";
import { arraySource, Grid } from "../lib/grid.js";
import { href } from "../lib/router.js";
import { copyField, field } from "../parts/fields.js";
import { confirmDestroy, openDialog } from "../parts/dialog.js";
import { filterBox, pageHead, refreshButton } from "../parts/page-head.js";
import { empty } from "../parts/states.js";
import { toast } from "../parts/toast.js";

const KINDS = { active: "ok", revoked: "danger", void: "warn" };

function columns() {
  const everybodys = session.value.kind === "root";
  return [
    { id: "object", label: t("shares.object"), width: "minmax(160px, 2.4fr)", fill: (cell, row) => fill(cell, h("div.name-cell", icon("link"), h("bdi.name", { title: `${row.bucket}/${visible(row.key)}` }, `${row.bucket}/${visible(row.key)}`))) },
    { id: "state", label: t("shares.state"), width: "104px", fill: (cell, row) => fill(cell, h("span.badge", { class: `badge ${KINDS[row.state] ?? ""}` }, t(`shares.state.${row.state}`))) },
    everybodys && { id: "accessKey", label: t("shares.by"), width: "minmax(100px, 1fr)", from: 760, fill: (cell, row) => fill(cell, h("bdi", visible(row.accessKey))) },
    { id: "created", label: t("shares.created"), width: "minmax(96px, 0.8fr)", from: 640, fill: (cell, row) => { cell.textContent = when(row.created); cell.title = exact(row.created); } },
    { id: "ends", label: t("shares.ends"), width: "minmax(96px, 0.8fr)", from: 460, fill: (cell, row) => { cell.textContent = when(row.ends); cell.title = exact(row.ends); } },
  ].filter(Boolean);
}

export async function page({ signal }) {
  let rows = [];
  let next;
  let text = "";
  const load = async (after) => {
    const answer = await get("shares", { after }, signal);
    rows = after ? [...rows, ...answer.shares] : answer.shares;
    next = answer.next;
  };
  const grid = new Grid({ label: t("shares.title"), columns: columns(), source: arraySource([]), id: (row) => row.id, open: async (row) => { if (await show(row)) await refresh(); } });
  const more = h("div");
  const draw = () => {
    const shown = text === "" ? rows : rows.filter((row) => `${row.bucket}/${row.key} ${row.accessKey}`.toLowerCase().includes(text));
    grid.show(arraySource(shown), { keep: true, state: shown.length > 0 ? null : text !== "" ? empty(t("identity.noneMatch", { text: visible(text) })) : empty(t("shares.none"), t("shares.noneText")) });
    fill(more, next && h("button.button.small", { type: "button", on: { click: async () => { await load(next); draw(); } } }, t("list.more")));
  };
  const refresh = async () => { await load(); draw(); };
  await refresh();
  return {
    title: t("shares.title"),
    element: h("div.page.fixed", pageHead(t("shares.title"), filterBox(t("activity.filter"), (value) => { text = value.toLowerCase(); draw(); }), refreshButton(refresh)),
      h("p.muted", t("shares.text")), grid.element, more),
  };
}

function fact(name, value) {
  return h("div.fact", h("dt", t(name)), h("dd", h("span", value)));
}

async function show(row) {
  let revoked = false;
  await openDialog({ title: t("share.title"), cancel: t("action.close"), body: ({ close }) => [
    h("dl", fact("shares.object", h("a", { href: href(["buckets", row.bucket, "objects"], { prefix: row.key.slice(0, row.key.lastIndexOf("/") + 1), o: row.key, v: row.version }) }, h("bdi", `${row.bucket}/${visible(row.key)}`))),
      row.version && fact("shares.version", h("code", visible(row.version))),
      fact("shares.state", t(`shares.stateText.${row.state}`)), fact("shares.by", h("bdi", visible(row.accessKey))), fact("shares.address", visible(row.address)),
      fact("shares.created", exact(row.created)), fact("shares.ends", exact(row.ends)), row.revoked && fact("shares.revoked", exact(row.revoked))),
    row.url && field(t("share.link"), copyField(row.url, t("share.link"))),
    row.state === "active" && h("div", h("button.button.small.danger-quiet", { type: "button", on: { click: async () => { if (await revoke(row)) { revoked = true; close(); } } } }, icon("trash"), t("shares.revoke")))] });
  return revoked;
}

async function revoke(row) {
  const done = await confirmDestroy({ title: t("shares.revokeTitle"), label: t("shares.revoke"), text: h("p", t("shares.revokeText", { name: `${row.bucket}/${visible(row.key)}` })), action: () => remove("shares", { id: row.id }).then(() => true) });
  if (done) toast(t("shares.revokedDone"));
  return done;
}
