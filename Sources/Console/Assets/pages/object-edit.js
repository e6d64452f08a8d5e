// Changes of one object: tags, retention, legal hold, metadata.

import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { post, put } from "../lib/api.js";
import { visible } from "../lib/format.js";
import { checkbox, field, select, textInput } from "../parts/fields.js";
import { openDialog, Invalid } from "../parts/dialog.js";
import { pairsEditor } from "../parts/pairs.js";
import { toast } from "../parts/toast.js";

const at = (drawer, object) => ({ b: drawer.bucket, k: object.key, v: drawer.version });

async function finish(drawer, done, what) {
  if (!await done) return;
  toast(t("settings.saved", { what }));
  await drawer.again();
}

export function editTags(drawer, object) {
  const editor = pairsEditor(object.tags ?? {}, { limit: 10 });
  return finish(drawer, openDialog({ title: t("object.tags"), body: [h("p.muted", t("object.tagsText")), editor.element],
    submit: { label: t("action.save"), action: () => put("object/tags", { value: editor.read() }, { query: at(drawer, object) }) } }), t("object.tags"));
}

export function editHold(drawer, object) {
  const hold = checkbox(t("object.holdOn"), object.legalHold === true);
  return finish(drawer, openDialog({ title: t("object.legalHold"), body: [h("p.muted", t("object.holdText")), hold],
    submit: { label: t("action.save"), action: () => put("object/hold", { value: hold.querySelector("input").checked }, { query: at(drawer, object) }) } }), t("object.legalHold"));
}

export function editRetention(drawer, object) {
  const mode = select([["GOVERNANCE", t("retention.governance")], ["COMPLIANCE", t("retention.compliance")]], object.retention?.mode ?? "GOVERNANCE");
  const local = (time) => new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  const until = h("input", { type: "datetime-local", value: local(object.retention ? new Date(object.retention.until) : new Date(Date.now() + 30 * 86_400_000)) });
  const bypass = checkbox(t("object.bypass"), false);
  return finish(drawer, openDialog({ title: t("object.retention"), body: [h("p.muted", t("object.retentionText")), field(t("retention.mode"), mode), field(t("object.untilLabel"), until), object.retention?.mode === "GOVERNANCE" && bypass],
    submit: { label: t("action.save"), action: () => {
      const time = new Date(until.value);
      if (Number.isNaN(time.getTime())) throw new Invalid(t("object.noTime"), until);
      return put("object/retention", { value: { mode: mode.value, until: time.toISOString() }, bypass: bypass.querySelector("input").checked }, { query: at(drawer, object) });
    } } }), t("object.retention"));
}

/** A copy in place with other metadata: the bytes are not sent, the object gets a new version or a new time. */
export function editMetadata(drawer, object) {
  const type = textInput({ value: object.contentType ?? "" });
  const editor = pairsEditor(object.metadata ?? {}, { limit: 64, lower: true });
  return finish(drawer, openDialog({ title: t("object.metadata"), wide: true,
    body: [h("p.muted", t("object.metadataText", { name: visible(object.key) })), field(t("object.typeLabel"), type), h("h3", t("object.userMetadata")), editor.element],
    submit: { label: t("action.save"), action: () => {
      const encryption = object.encryption;
      return post("object/copy", { from: { bucket: drawer.bucket, key: object.key, ...(object.version ? { version: object.version } : {}) }, to: { bucket: drawer.bucket, key: object.key },
        contentType: type.value.trim(), metadata: editor.read(), overwrite: true,
        ...(encryption?.scheme && encryption.scheme !== "SSE-C" ? { encryption: { kind: encryption.scheme, ...(encryption.key ? { key: encryption.key } : {}) } } : {}) });
    } } }), t("object.metadata"));
}
