// "Import Key": a key that was made elsewhere, from a file.

import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { call, session } from "../lib/api.js";
import { visible } from "../lib/format.js";
import { base64, keyBytes } from "../lib/customer-key.js";
import { field, textInput } from "../parts/fields.js";
import { openDialog, Invalid } from "../parts/dialog.js";
import { banner } from "../parts/states.js";
import { toast } from "../parts/toast.js";

const LONGEST = 4096;

export function importKey() {
  const name = textInput({ maxLength: 80 });
  const file = h("input", { type: "file" });
  // Elsewhere the key would cross the network in the clear.
  if (!isSecureContext) return openDialog({ title: t("keyImport.title"), cancel: t("action.close"), body: banner("warn", t("keyImport.noTLS")) });
  return openDialog({ title: t("keyImport.title"),
    body: [h("p.muted", t("keyImport.text", { name: visible(session.value.keyService?.name ?? "") })), field(t("keys.name"), name, t("keys.nameHint")), field(t("keyImport.file"), file, t("keyImport.fileHint"))],
    submit: { label: t("keyImport.button"), action: async () => {
      const wanted = name.value.trim();
      if (wanted === "") throw new Invalid(t("keys.noName"), name);
      const bytes = await read(file.files[0]);
      if (!bytes) throw new Invalid(t("keyImport.wrong"), file);
      const key = await call("PUT", "keys/import", { query: { k: wanted }, text: base64(bytes) });
      bytes.fill(0);
      toast(t("keyImport.done", { name: visible(wanted) }));
      return key;
    } } });
}

/** The 32 bytes of a file that is them, or has them in base64 or as hexadecimal digits; else null. */
async function read(file) {
  if (!file || file.size > LONGEST) return null;
  const bytes = new Uint8Array(await file.arrayBuffer());
  return bytes.length === 32 ? bytes : keyBytes(new TextDecoder().decode(bytes));
}
