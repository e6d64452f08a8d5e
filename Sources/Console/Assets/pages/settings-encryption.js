// The pencil beside "Encryption:".

import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { session } from "../lib/api.js";
import { number, visible } from "../lib/format.js";
import { checkbox } from "../parts/fields.js";
import { EncryptionChoice } from "../parts/encryption.js";
import { openDialog } from "../parts/dialog.js";
import { saveSetting } from "./settings-save.js";

/** What a choice does to new and to old objects, in words. `objects`: how many there are, or null for a new bucket. */
export function effectOfEncryption(kind, key, objects) {
  const service = session.value.keyService;
  const first = kind === "SSE-C" ? t("effect.customer") : kind === "" ? t("effect.default") : kind === "SSE-S3" ? t("effect.s3") : key === "" ? t("effect.chooseKey") : t("effect.kms", { key: visible(key) });
  return [first, objects === null || objects === undefined ? null : ` ${t(objects === 0 ? "effect.noOld" : "effect.old", { n: objects, shown: number(objects) })}`,
    kind.endsWith("KMS") && service?.state === "offline" ? h("span.warn-text", ` ${t("effect.away")}`) : null];
}

export function editEncryption(bucket, objects, setting) {
  const value = setting.value ?? null;
  const choice = new EncryptionChoice({ value, none: t("encryption.disabled"), effect: (kind, key) => effectOfEncryption(kind, key, objects) });
  const blocked = checkbox(t("encryption.blockCustomer"), (value?.blocked ?? []).includes("SSE-C"));
  const blockedInput = blocked.querySelector("input");
  const follow = () => { blocked.hidden = choice.kind.value === ""; };
  choice.kind.addEventListener("change", follow);
  follow();
  return openDialog({
    title: t("encryption.enable"),
    body: [choice.element, blocked],
    submit: { label: t("action.save"), action: async () => {
      const wanted = choice.read();
      if (wanted) {
        const others = (value?.blocked ?? []).filter((one) => one !== "SSE-C");
        if (blockedInput.checked) wanted.blocked = [...others, "SSE-C"];
        else if (value?.blocked) wanted.blocked = others;
      }
      return saveSetting(bucket, "encryption", setting, wanted);
    } },
  });
}
