// The field of a customer's key (SSE-C).

import { h, icon } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { keyBytes, newKey } from "../lib/customer-key.js";
import { copyButton, field } from "./fields.js";
import { Invalid } from "./dialog.js";

/** `read()` gives the 32 bytes or throws Invalid; `clear()` takes the key out of the document. `making`: offers a new key. */
export function customerKeyField({ making = false } = {}) {
  const input = h("input", { type: "password", autocomplete: "off", spellcheck: false, class: "mono" });
  const reveal = () => { input.type = input.type === "password" ? "text" : "password"; };
  const element = field(t("customer.key"), h("div.with-button", input,
    h("button.icon-button", { type: "button", "aria-label": t("customer.reveal"), title: t("customer.reveal"), on: { click: reveal } }, icon("eye")),
    copyButton(() => input.value, t("customer.key")),
    making && h("button.button.small", { type: "button", on: { click: () => { input.value = newKey(); input.type = "text"; } } }, t("customer.new"))), t(making ? "customer.makingHint" : "customer.hint"));
  return { element, clear: () => { input.value = ""; }, read() {
    const bytes = keyBytes(input.value);
    if (!bytes) throw new Invalid(t("customer.wrong"), input);
    return bytes;
  } };
}
