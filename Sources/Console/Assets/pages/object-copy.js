// Copies of one object: elsewhere, under another name, or in place under another key.

import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { has, post, remove } from "../lib/api.js";
import { lastPart, visible } from "../lib/format.js";
import { go, href } from "../lib/router.js";
import { checkbox, field, textInput } from "../parts/fields.js";
import { EncryptionChoice } from "../parts/encryption.js";
import { openDialog, Invalid } from "../parts/dialog.js";
import { toast } from "../parts/toast.js";

const source = (drawer, object) => ({ bucket: drawer.bucket, key: object.key, ...(drawer.version ? { version: drawer.version } : {}) });

export async function copyObject(drawer, object) {
  const bucket = textInput({ value: drawer.bucket });
  const key = textInput({ value: object.key });
  const moving = has("DELETE object") && !drawer.version ? checkbox(t("copy.move")) : null;
  const replace = checkbox(t("copy.replace"));
  const encryption = new EncryptionChoice({ none: t("copy.bucketDefault") });
  const done = await openDialog({ title: t("object.copy"), wide: true,
    body: [field(t("copy.bucket"), bucket), field(t("copy.key"), key), encryption.element, moving, replace],
    submit: { label: t("copy.button"), action: async () => {
      if (key.value === "") throw new Invalid(t("copy.noKey"), key);
      if (key.value === object.key && bucket.value === drawer.bucket) throw new Invalid(t("copy.same"), key);
      const value = encryption.read();
      await post("object/copy", { from: source(drawer, object), to: { bucket: bucket.value, key: key.value }, overwrite: replace.querySelector("input").checked, ...(value ? { encryption: value } : {}) });
      if (moving?.querySelector("input").checked) await remove("object", { b: drawer.bucket, k: object.key });
      return { bucket: bucket.value, key: key.value };
    } } });
  if (!done) return;
  toast(t("copy.done", { name: visible(lastPart(done.key)) }));
  drawer.changed();
  go(href(["buckets", done.bucket, "objects"], { prefix: done.key.slice(0, done.key.length - lastPart(done.key).length), o: done.key }));
}

export async function reencrypt(drawer, object) {
  const value = object.encryption?.scheme?.startsWith("SSE-C") ? null : { kind: object.encryption?.scheme, key: object.encryption?.key };
  const encryption = new EncryptionChoice({ value, none: t("copy.bucketDefault") });
  const done = await openDialog({ title: t("object.reencrypt"), body: [h("p.muted", t("copy.reencryptText", { name: visible(object.key) })), encryption.element],
    submit: { label: t("copy.reencryptButton"), action: () => {
      const chosen = encryption.read();
      return post("object/copy", { from: source(drawer, object), to: { bucket: drawer.bucket, key: object.key }, overwrite: true, ...(chosen ? { encryption: chosen } : {}) });
    } } });
  if (!done) return;
  toast(t("copy.reencrypted"));
  await drawer.again();
}
