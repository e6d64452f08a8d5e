// The state of the key service.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { get } from "../lib/api.js";
import { milliseconds, visible } from "../lib/format.js";
import { href } from "../lib/router.js";
import { banner } from "../parts/states.js";
import { pageHead, refreshButton } from "../parts/page-head.js";

export async function page({ signal }) {
  const body = h("div.stack.form-page");
  const refresh = async () => {
    const answer = await get("kms", {}, signal);
    fill(body, draw(answer.keyService ?? answer));
  };
  await refresh();
  const timer = setInterval(() => { if (!document.hidden) refresh().catch(() => null); }, 5000);
  signal.addEventListener("abort", () => clearInterval(timer));
  return { title: t("kms.title"), element: h("div.page", pageHead(t("kms.title"), refreshButton(refresh)), body) };
}

function draw(service) {
  const row = (label, ...value) => h("div.setting", h("dt", label), h("dd", value));
  const state = (name) => h(`span.badge.${{ online: "ok", degraded: "warn", offline: "danger" }[name]}`, icon(name === "online" ? "check" : "warn"), t(`kms.${name}`));
  return [
    service.cause && banner(service.state === "offline" ? "danger" : "warn", visible(service.cause)),
    h("section.panel.padded", h("h2", t("kms.status")), h("dl",
      row(t("kms.name"), visible(service.name ?? service.kind), h("span.muted", ` (${t(`kms.kind.${service.kind}`)})`)),
      row(t("kms.state"), state(service.state)),
      service.version && row(t("kms.version"), visible(service.version)),
      service.defaultKey && row(t("kms.defaultKey"), h("a", { href: href(["keys", "name", service.defaultKey]) }, h("bdi", visible(service.defaultKey)))),
      service.latencyMilliseconds !== undefined && row(t("kms.latency"), milliseconds(service.latencyMilliseconds)),
      service.keyStore && row(t("kms.keyStore"), t(`kms.keyStore.${service.keyStore}`)),
      service.cannotCreateKeys && row(t("kms.creating"), visible(service.cannotCreateKeys)))),
    service.endpoints?.length > 0 && h("section.panel.padded", h("h2", t("kms.endpoints")), h("ul.plain", service.endpoints.map((one) =>
      h("li.row", h(`span.light.${one.online ? "online" : "offline"}`), h("code.break", visible(one.name)), h("span.muted", t(one.online ? "kms.online" : "kms.offline")), one.latencyMilliseconds !== undefined && h("span.muted", milliseconds(one.latencyMilliseconds)))))),
  ];
}
