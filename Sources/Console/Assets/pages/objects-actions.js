// What can be done with a selection of objects: download as one file, copy, move, delete.

import { h, icon } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { address, has, post, remove } from "../lib/api.js";
import { bytes, lastPart, number, visible } from "../lib/format.js";
import { go } from "../lib/router.js";
import { checkbox, field, textInput } from "../parts/fields.js";
import { EncryptionChoice } from "../parts/encryption.js";
import { confirmDestroy, openDialog } from "../parts/dialog.js";
import { toast } from "../parts/toast.js";

/** {keys, prefixes} as the server's tasks take them; everything of a listing is its prefix. */
export function chosen(view) {
  const { selection } = view.grid;
  if (selection.everything) return { keys: [], prefixes: [view.prefix + view.filter] };
  const rows = selection.rows;
  return { keys: rows.filter((row) => !row.folder).map((row) => row.key), prefixes: rows.filter((row) => row.folder).map((row) => row.key) };
}

export function described(view) {
  const { selection, source } = view.grid;
  if (selection.everything) return { text: t("selection.everything", { prefix: visible(view.prefix + view.filter || view.bucket) }), count: null };
  const rows = selection.rows;
  const folders = rows.filter((row) => row.folder).length;
  const size = rows.reduce((sum, row) => sum + (row.size ?? 0), 0);
  const text = folders > 0 ? t("selection.withFolders", { n: rows.length, shown: number(rows.length) }) : t("selection.objects", { n: rows.length, shown: number(rows.length), bytes: bytes(size) });
  return { text, count: folders > 0 ? null : rows.length, all: rows.length === source.count };
}

export function selectionBar(view) {
  const { selection } = view.grid;
  if (selection.size === 0) return null;
  const { text, count, all } = described(view);
  const many = selection.everything || selection.rows.length > 1 || selection.rows[0].folder;
  const button = (name, label, action, kind = "") => h(`button.button.small${kind}`, { type: "button", on: { click: action } }, icon(name), label);
  const deletable = view.may["s3:DeleteObject"] !== false && (has("POST tasks") || (has("DELETE object") && count !== null && count <= 100));
  return h("div.selection-bar", { role: "region", "aria-label": t("selection.name") }, h("span.grow", { "aria-live": "polite" }, text),
    all && !view.listing.done && !view.search && has("POST tasks") && h("button.button.small.quiet", { type: "button", on: { click: () => selection.selectEverything() } }, t("selection.selectEverything")),
    !many && has("GET download") && h("a.button.small", { href: address("download", { b: view.bucket, k: selection.rows[0].key }), download: "" }, icon("download"), t("object.download")),
    many && has("POST selection") && button("download", t("selection.zip"), () => zip(view)),
    has("POST tasks") && view.may["s3:GetObject"] !== false && button("move", t("selection.move"), () => moveSelection(view)),
    deletable && button("trash", t("selection.delete"), () => deleteSelection(view), ".danger-quiet"),
    h("button.icon-button", { type: "button", "aria-label": t("selection.clear"), title: t("selection.clear"), on: { click: () => selection.clear() } }, icon("close")));
}

/** The browser's own downloader on a plain link: nothing passes through this page. */
async function zip(view) {
  try {
    const what = chosen(view);
    const { selection } = await post("selection", { bucket: view.bucket, ...what, under: view.prefix });
    const name = what.keys.length === 0 && what.prefixes.length === 1 ? lastPart(what.prefixes[0]).replace(/\/$/, "") || view.bucket : view.bucket;
    const link = h("a", { href: address("zip", { selection, name: `${name}.zip` }), download: "" });
    document.body.append(link);
    link.click();
    link.remove();
  } catch (error) {
    toast(visible(error.message), { kind: "danger" });
  }
}

export async function deleteSelection(view) {
  const what = chosen(view);
  const { text, count } = described(view);
  const versions = checkbox(t("delete.allVersions"));
  const withVersions = view.may["s3:ListBucketVersions"] !== false && has("POST tasks");
  const large = count === null || count > 100;
  const done = await confirmDestroy({
    title: t("delete.manyTitle"), label: count === null ? t("delete.manyButton") : t("delete.nButton", { n: count, shown: number(count) }), name: large ? view.bucket : undefined,
    text: [h("p", h("strong", text), " ", t("delete.manyText")), withVersions && versions],
    action: async () => {
      if (has("POST tasks")) return post("tasks", { kind: "delete", bucket: view.bucket, ...what, versions: versions.querySelector("input").checked });
      for (const key of what.keys) await remove("object", { b: view.bucket, k: key });
      return { task: null };
    },
  });
  if (!done) return;
  view.grid.selection.clear();
  await ended(view, done.task, t("delete.started"), t("delete.manyDone"));
}

async function moveSelection(view) {
  const bucket = textInput({ value: view.bucket });
  const prefix = textInput({ value: view.prefix });
  const moving = checkbox(t("copy.move"), true);
  const replace = checkbox(t("copy.replace"));
  const encryption = new EncryptionChoice({ none: t("copy.bucketDefault") });
  const done = await openDialog({
    title: t("selection.moveTitle"), wide: true,
    body: [h("p", h("strong", described(view).text)), field(t("copy.bucket"), bucket), field(t("copy.prefix"), prefix, t("copy.prefixHint")), encryption.element, moving, replace],
    submit: { label: t("selection.moveButton"), action: () => {
      const value = encryption.read();
      return post("tasks", { kind: moving.querySelector("input").checked ? "move" : "copy", bucket: view.bucket, ...chosen(view), under: view.prefix, to: { bucket: bucket.value, prefix: prefix.value }, overwrite: replace.querySelector("input").checked, ...(value ? { encryption: value } : {}) });
    } },
  });
  if (!done) return;
  view.grid.selection.clear();
  await ended(view, done.task, t("task.started"), t("task.ended"));
}

/** Follows a task for a moment, so that a short one shows its end here; a long one has its own page. */
export async function ended(view, id, started, over) {
  const { follow } = await import("./tasks.js");
  const task = id === null ? { state: "done", failed: 0 } : await follow(id, 3000);
  if (task?.state === "done") toast(task.failed > 0 ? t("task.someFailed", { n: task.failed, shown: number(task.failed) }) : over, task.failed > 0 ? { kind: "warn", undo: { label: t("task.show"), action: () => go("#/tasks") } } : {});
  else toast(started, { kind: "info", undo: { label: t("task.show"), action: () => go("#/tasks") }, seconds: 10 });
  await view.refresh();
}
