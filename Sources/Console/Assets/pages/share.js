// "Share File": a link that works for a time, for everybody who has it.

import { h, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { has, post, session } from "../lib/api.js";
import { exact, lastPart, visible } from "../lib/format.js";
import { copyField, field, select } from "../parts/fields.js";
import { openDialog, Invalid } from "../parts/dialog.js";
import { banner } from "../parts/states.js";

const UNITS = { days: 86_400, hours: 3600, minutes: 60 };
const LONGEST = 7 * 86_400;

export function shareObject(drawer, object) {
  const amount = h("input", { type: "number", min: "1", step: "1", value: "7", "aria-label": t("share.amount") });
  const unit = select(Object.keys(UNITS).map((name) => [name, t(`share.${name}`)]), "days", { "aria-label": t("share.unit") });
  const told = session.value.server?.s3Address;
  const own = ownAddress(told);
  const addresses = [...new Set([told, own].filter(Boolean))];
  const choice = addresses.length > 0 ? select(addresses.map((one) => [one, one]), addresses[0]) : null;
  const warning = h("div");
  const result = h("div", { "aria-live": "polite" });
  const warn = () => fill(warning, choice && loopback(choice.value) && banner("warn", t("share.loopback")));
  choice?.addEventListener("change", warn);
  warn();
  return openDialog({
    title: t("share.title"), cancel: t("action.close"),
    body: [h("p.muted", t("share.text", { name: visible(lastPart(object.key)) })), field(t("share.activeFor"), h("div.with-button.quota", amount, unit), t("share.hint")),
      choice && field(t("share.address"), choice), warning, result],
    submit: { label: t("share.button"), action: async () => {
      const seconds = Math.round(Number(amount.value) * UNITS[unit.value]);
      if (!(seconds >= 1 && seconds <= LONGEST)) throw new Invalid(t("share.tooLong"), amount);
      const made = await post("shares", { bucket: drawer.bucket, key: object.key, seconds, ...(drawer.version ? { version: drawer.version } : {}), ...(choice ? { address: choice.value } : {}) });
      fill(result, h("div.stack.tight", copyField(made.url, t("share.link")), h("p.hint", t("share.ends", { time: exact(made.ends) }), " ", has("GET shares") && h("a", { href: "#/shares" }, t("share.all")))));
      // The dialog stays open, with the link.
      throw new DOMException("", "AbortError");
    } },
  });
}

/** The S3 address as this browser reaches the server: its host with the port of S3. */
function ownAddress(told) {
  try {
    const url = new URL(told);
    url.hostname = location.hostname;
    return url.origin;
  } catch {
    return null;
  }
}

function loopback(address) {
  try {
    return /^(localhost|127\.|\[::1\])/.test(new URL(address).hostname);
  } catch {
    return false;
  }
}
