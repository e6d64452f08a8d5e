// What is wrong with this server: the table of `coffer doctor`.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { get } from "../lib/api.js";
import { exact, number, visible, when } from "../lib/format.js";
import { pageHead, refreshButton } from "../parts/page-head.js";

const ORDER = ["wrong", "doubtful", "unknown", "right"];
const ICONS = { wrong: "close", doubtful: "warn", unknown: "info", right: "check" };
const KINDS = { wrong: "danger", doubtful: "warn", unknown: "info", right: "ok" };

export async function page({ signal }) {
  const body = h("div.stack");
  const refresh = async () => fill(body, draw(await get("doctor", {}, signal)));
  await refresh();
  return { title: t("place.diagnostics"), element: h("div.page", pageHead(t("place.diagnostics"), refreshButton(refresh)), h("p.muted", t("doctor.text")), body) };
}

function draw({ time, findings }) {
  // Those of one verdict stay in their order, in which one thing rests on another.
  const sorted = ORDER.flatMap((verdict) => findings.filter((one) => one.verdict === verdict));
  const count = (verdict) => findings.filter((one) => one.verdict === verdict).length;
  const [wrong, doubtful] = [count("wrong"), count("doubtful")];
  return [
    h("p", h("strong", wrong + doubtful === 0 ? t("doctor.good") : t("doctor.sum", { wrong: number(wrong), doubtful: number(doubtful) })), " ", h("span.muted", { title: exact(time) }, when(time))),
    h("section.panel.padded", h("table.table.findings", h("thead", h("tr", h("th", { scope: "col" }, t("doctor.verdict")), h("th", { scope: "col" }, t("doctor.subject")), h("th", { scope: "col" }, t("doctor.finding")))),
      h("tbody", sorted.map((one) => h("tr", h("td", h("span.badge", { class: `badge ${KINDS[one.verdict]}` }, icon(ICONS[one.verdict]), t(`doctor.${one.verdict}`))), h("td", visible(one.subject)),
        h("td", h("div", visible(one.text)), one.remedy && h("div.muted", "→ ", visible(one.remedy)))))))),
  ];
}
