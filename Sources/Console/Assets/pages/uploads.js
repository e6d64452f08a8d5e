// Unfinished uploads of a bucket: to go on with, or to end.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { get, has, remove, session } from "../lib/api.js";
import { bytes, exact, visible, when } from "../lib/format.js";
import { href } from "../lib/router.js";
import { arraySource, Grid } from "../lib/grid.js";
import { add } from "../lib/queue.js";
import { forget, remembered } from "../lib/unfinished.js";
import { contentType } from "../lib/content-type.js";
import { confirmDestroy } from "../parts/dialog.js";
import { showDock } from "../parts/dock.js";
import { refreshButton } from "../parts/page-head.js";
import { empty } from "../parts/states.js";
import { toast } from "../parts/toast.js";

export async function page({ path, signal }) {
  const bucket = path[1];
  let own = new Map();
  const columns = [
    { id: "key", label: t("objects.name"), width: "minmax(96px, 3fr)", fill: (cell, row) => fill(cell, h("div.name-cell", icon("file"), h("bdi.name", { title: visible(row.key) }, visible(row.key)))) },
    { id: "size", label: t("objects.size"), width: "90px", align: "right", from: 640, fill: (cell, row) => { cell.textContent = bytes(own.get(row.id)?.size); } },
    { id: "started", label: t("uploads.started"), width: "120px", from: 520, fill: (cell, row) => { cell.textContent = when(row.started); cell.title = exact(row.started); } },
    { id: "actions", label: "", name: t("uploads.actions"), width: "190px", align: "right", fill: (cell, row) => fill(cell, h("div.cell-actions",
      own.has(row.id) && h("button.button.small", { type: "button", on: { click: () => goOn(own.get(row.id)) } }, t("uploads.continue")),
      has("DELETE uploads") && h("button.icon-button.danger", { type: "button", "aria-label": t("uploads.end", { name: visible(row.key) }), title: t("uploads.endShort"), on: { click: () => end(row) } }, icon("trash")))) },
  ];
  const grid = new Grid({ label: t("uploads.title"), columns, source: arraySource([]), id: (row) => row.id });
  const refresh = async () => {
    const rows = [];
    let after;
    do {
      const answer = await get("uploads", { b: bucket, after }, signal);
      rows.push(...answer.uploads);
      after = answer.next;
    } while (after && rows.length < 10_000);
    own = new Map((await remembered()).filter((one) => one.bucket === bucket && one.account === session.value.accessKey).map((one) => [one.id, one]));
    grid.show(arraySource(rows), { state: rows.length === 0 ? empty(t("uploads.none"), t("uploads.noneText")) : null });
  };

  function goOn(upload) {
    const input = h("input.off-screen", { type: "file", "aria-label": t("upload.choose"), tabIndex: -1, id: "upload-input" });
    input.addEventListener("change", () => {
      const [file] = input.files;
      input.remove();
      if (!file) return;
      if (file.size !== upload.size || file.lastModified !== upload.modified) return toast(t("uploads.otherFile"), { kind: "warn" });
      add([{ file, bucket, key: upload.key, type: contentType(file), encryption: null, policy: upload.replace ? "replace" : "skip" }]);
      showDock();
    });
    document.body.append(input);
    input.click();
  }

  async function end(row) {
    const done = await confirmDestroy({ title: t("uploads.endTitle"), text: h("p", t("uploads.endText", { name: visible(row.key) })), label: t("uploads.endButton"),
      action: () => remove("uploads", { b: bucket, k: row.key, id: row.id }).then(() => true) });
    if (!done) return;
    await forget(row.id);
    await refresh();
  }

  await refresh();
  return { title: t("uploads.title"), element: h("div.page.fixed", h("header.page-head",
    h("h1", h("a.crumb", { href: "#/buckets" }, t("buckets.title")), " / ", h("a.crumb", { href: href(["buckets", bucket, "objects"]) }, h("bdi", visible(bucket))), " / ", t("uploads.title")), h("div.actions", refreshButton(refresh))), grid.element) };
}
