// What `coffer doctor` finds.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { get } from "../lib/api.js";
import { visible } from "../lib/format.js";
import { pageHead, refreshButton } from "../parts/page-head.js";
import { empty } from "../parts/states.js";

const KINDS = { ok: "ok", note: "info", warning: "warn", error: "danger" };
const ORDER = ["error", "warning", "note", "ok"];

export async function page({ signal }) {
  const body = h("div.stack.form-page");
  const refresh = async () => {
    const { findings } = await get("doctor", {}, signal);
    const sorted = [...findings].sort((one, other) => ORDER.indexOf(one.level) - ORDER.indexOf(other.level));
    fill(body, sorted.length === 0 ? empty(t("doctor.none")) : h("section.panel.padded", h("ul.rules", sorted.map((one) => h("li.finding", h(`span.badge.${KINDS[one.level] ?? "info"}`, icon(one.level === "ok" ? "check" : one.level === "note" ? "info" : "warn"), t(`doctor.${one.level}`)),
      h("div.grow.break", h("p", visible(one.what)), one.advice && h("p.muted", visible(one.advice))))))));
  };
  await refresh();
  return { title: t("place.diagnostics"), element: h("div.page", pageHead(t("place.diagnostics"), refreshButton(refresh)), h("p.muted", t("doctor.text")), body) };
}
