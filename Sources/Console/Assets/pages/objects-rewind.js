// A bucket as it was at a time: the choice of the time, what stands above the list, and making it so again.

import { h, icon } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { has, post } from "../lib/api.js";
import { exact, visible } from "../lib/format.js";
import { go, href } from "../lib/router.js";
import { field } from "../parts/fields.js";
import { confirmDestroy, openDialog, Invalid } from "../parts/dialog.js";
import { chosen, described, ended } from "./objects-actions.js";

const HOUR = 3_600_000;

/** "Rewind": goes to the same prefix at a time that is chosen. */
export async function chooseTime(view) {
  const input = h("input", { type: "datetime-local", step: "1", value: local(view.at ? new Date(view.at) : new Date(Date.now() - HOUR)), max: local(new Date()) });
  const done = await openDialog({ title: t("rewind.title"), body: [h("p.muted", t("rewind.text")), field(t("rewind.time"), input)],
    submit: { label: t("rewind.button"), action: () => {
      const time = new Date(input.value);
      if (Number.isNaN(time.getTime()) || time > new Date()) throw new Invalid(t("rewind.future"), input);
      return time.toISOString();
    } } });
  if (typeof done === "string") go(href(["buckets", view.bucket, "objects"], { prefix: view.prefix, at: done }));
}

/** As the browser's field has it: local, to the second. */
function local(time) {
  return new Date(time - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function mayRestore(view) {
  return has("POST tasks") && view.may["s3:PutObject"] !== false && view.may["s3:DeleteObject"] !== false;
}

export function rewindNote(view) {
  return [
    h("span", icon("clock"), " ", t("rewind.note", { time: exact(view.at) })),
    mayRestore(view) && h("button.button.small", { type: "button", on: { click: () => restore(view, { keys: [], prefixes: [view.prefix + view.filter] }, t("selection.everything", { prefix: visible(view.prefix + view.filter || view.bucket) })) } }, icon("restore"), t("rewind.restore")),
    h("a.button.small", { href: href(["buckets", view.bucket, "objects"], { prefix: view.prefix }) }, t("rewind.back")),
  ];
}

/** What can be done with a selection of what was: make it so again. */
export function rewindBar(view) {
  const { selection } = view.grid;
  if (selection.size === 0) return null;
  const { text } = described(view);
  return h("div.selection-bar", { role: "region", "aria-label": t("selection.name") }, h("span.grow", { "aria-live": "polite" }, text),
    mayRestore(view) && h("button.button.small", { type: "button", on: { click: () => restore(view, chosen(view), text) } }, icon("restore"), t("rewind.restoreSelection")),
    h("button.icon-button", { type: "button", "aria-label": t("selection.clear"), title: t("selection.clear"), on: { click: () => selection.clear() } }, icon("close")));
}

async function restore(view, what, text) {
  const { at } = view;
  const done = await confirmDestroy({ title: t("rewind.restore"), label: t("rewind.restore"), text: [h("p", h("strong", text)), h("p", t("rewind.restoreText", { time: exact(at) }))],
    action: () => post("tasks", { kind: "restore", bucket: view.bucket, ...what, at }) });
  if (!done) return;
  view.grid.selection.clear();
  await ended(view, done.task, t("task.started"), t("task.ended"));
}
