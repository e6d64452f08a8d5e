// The versions of one object.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { address, get, has, post, remove } from "../lib/api.js";
import { bytes, exact, visible, when } from "../lib/format.js";
import { go, href } from "../lib/router.js";
import { current } from "../lib/router.js";
import { failed } from "../parts/states.js";
import { menuButton } from "../parts/menu.js";
import { toast } from "../parts/toast.js";
import { section } from "./object-sections.js";
import { deleteObject } from "./object-delete.js";

const MOST = 1000;

export async function showVersions(drawer, object) {
  const place = drawer.body.querySelector("#object-versions");
  try {
    const answer = await get("objects", { b: drawer.bucket, prefix: object.key, versions: "true", flat: true, limit: MOST }, drawer.stop.signal);
    const all = answer.objects.filter((row) => row.key === object.key);
    fill(place, section(t("versions.title"), null, h("ul.versions", all.map((row, n) => line(drawer, object, row, n))), answer.next && all.length >= MOST && h("p.muted", t("versions.more"))));
    place.scrollIntoView({ block: "nearest" });
  } catch (error) {
    if (error.name !== "AbortError") fill(place, failed(error, () => showVersions(drawer, object)));
  }
}

function line(drawer, object, row, n) {
  const id = row.version ?? "null";
  const more = h("button.icon-button", { type: "button", "aria-label": t("versions.actions", { version: id }), title: t("object.more") }, icon("more"));
  menuButton(more, () => [
    !row.deleteMarker && { label: t("versions.show"), icon: "eye", action: () => go(href(["buckets", drawer.bucket, "objects"], { prefix: current().query.get("prefix"), o: row.key, v: id }), { replace: true }) },
    !row.deleteMarker && has("GET download") && { label: t("object.download"), icon: "download", href: address("download", { b: drawer.bucket, k: row.key, v: id }), download: "" },
    !row.deleteMarker && n > 0 && has("POST object/copy") && { label: t("versions.restore"), icon: "restore", action: () => restore(drawer, row, id) },
    row.deleteMarker && has("DELETE object") && { label: t("versions.removeMarker"), icon: "restore", action: () => removeMarker(drawer, row, id) },
    !row.deleteMarker && has("DELETE object") && { label: t("delete.versionButton"), icon: "trash", kind: "danger", action: () => deleteObject(drawer, { ...object, size: row.size }, id) },
  ]);
  return h("li.version", h("div.grow", h("div", { title: exact(row.modified) }, when(row.modified), row.latest && h("span.badge.info.spaced", t("objects.latest")), row.deleteMarker && h("span.badge.spaced", t("objects.deleted"))),
    h("div.caption.muted", h("code", visible(id).slice(0, 20)), !row.deleteMarker && ` · ${bytes(row.size)}`)), more);
}

async function act(drawer, call, text) {
  try {
    await call();
    toast(text);
  } catch (error) {
    toast(visible(error.message), { kind: "danger" });
  }
  await drawer.again();
}

function restore(drawer, row, version) {
  return act(drawer, () => post("object/copy", { from: { bucket: drawer.bucket, key: row.key, version }, to: { bucket: drawer.bucket, key: row.key }, overwrite: true }), t("versions.restored"));
}

function removeMarker(drawer, row, version) {
  return act(drawer, () => remove("object", { b: drawer.bucket, k: row.key, v: version }), t("versions.restored"));
}
