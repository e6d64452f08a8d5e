// Deletes one object, or one version of it.

import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { get, has, remove } from "../lib/api.js";
import { bytes, lastPart, visible } from "../lib/format.js";
import { confirmDestroy } from "../parts/dialog.js";
import { toast } from "../parts/toast.js";

export async function deleteObject(drawer, object, version = drawer.version) {
  // Whether deleting can be undone, is told before: a version stays where versioning is on.
  const versioning = await get("bucket", { b: drawer.bucket }).then((bucket) => bucket.settings.versioning?.value, () => undefined);
  const kept = versioning === "enabled" && version === undefined;
  const text = version !== undefined ? t("delete.version", { bytes: bytes(object.size) }) : kept ? t("delete.kept") : versioning === undefined ? t("delete.maybe", { bytes: bytes(object.size) }) : t("delete.final", { bytes: bytes(object.size) });
  let marker = null;
  const done = await confirmDestroy({
    title: t("delete.title", { name: visible(lastPart(object.key)) }), text: h("p", text), label: t(version !== undefined ? "delete.versionButton" : "delete.button"),
    action: async () => {
      marker = await remove("object", { b: drawer.bucket, k: object.key, v: version });
      return true;
    },
  });
  if (!done) return;
  const undo = marker?.deleteMarker && marker.version && has("DELETE object") ? { label: t("action.undo"), action: async () => {
    try {
      await remove("object", { b: drawer.bucket, k: object.key, v: marker.version });
      toast(t("delete.undone", { name: visible(lastPart(object.key)) }));
    } catch (error) {
      toast(visible(error.message), { kind: "danger" });
    }
    drawer.changed();
  } } : undefined;
  toast(t("delete.done", { name: visible(lastPart(object.key)) }), { undo, seconds: 10 });
  drawer.close();
  drawer.changed();
}
