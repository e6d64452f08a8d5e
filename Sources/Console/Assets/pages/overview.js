// How the server is: health, space, objects, requests a second, the key service, the certificate.

import { h, icon, fill, svg } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { address, get, has, may, session } from "../lib/api.js";
import { bytes, duration, exact, milliseconds, number, percent, visible, when } from "../lib/format.js";
import { pageHead, refreshButton } from "../parts/page-head.js";

const POINTS = 60;
const DAY = 86_400_000;

export async function page({ signal }) {
  let state = await get("overview", {}, signal);
  const history = { total: [], bytes: [] };
  const body = h("div.overview");
  const draw = () => fill(body, cards(state, history));
  const refresh = async () => { state = await get("overview", {}, signal); note(); draw(); };

  let last = null;
  function note() {
    const now = performance.now();
    if (last) {
      const seconds = (now - last.at) / 1000;
      if (seconds > 0.2) push(history.total, Math.max(0, (state.requests.total - last.total) / seconds));
    }
    last = { at: now, total: state.requests?.total ?? 0 };
  }
  note();
  draw();
  if (has("GET live")) {
    const stream = new EventSource(address("live"));
    stream.addEventListener("figures", (event) => {
      const figures = JSON.parse(event.data);
      state = { ...state, ...figures, drive: { ...state.drive, available: figures.available ?? state.drive?.available }, requests: figures.requests ?? state.requests };
      // The stream may tell less of it than the session does.
      if (figures.keyService && session.value) session.set({ ...session.value, keyService: { ...session.value.keyService, cause: undefined, ...figures.keyService } });
      note();
      draw();
    });
    stream.addEventListener("end", () => stream.close());
    signal.addEventListener("abort", () => stream.close());
  } else {
    const timer = setInterval(() => { if (!document.hidden) refresh().catch(() => null); }, 5000);
    signal.addEventListener("abort", () => clearInterval(timer));
  }
  return { title: t("place.overview"), element: h("div.page", pageHead(t("place.overview"), has("GET doctor") && may("admin:OBDInfo") && h("a.button", { href: "#/diagnostics" }, icon("shield"), t("place.diagnostics")), refreshButton(refresh)), body) };
}

function push(list, value) {
  list.push(value);
  if (list.length > POINTS) list.shift();
}

function card(title, figure, ...rest) {
  return h("section.panel.card", h("h2.card-title", title), h("p.figure", figure), rest);
}

function cards(state, history) {
  const { drive = {}, requests = {} } = state;
  const service = session.value.keyService ?? state.keyService ?? {};
  const used = drive.used ?? (drive.total ?? 0) - (drive.available ?? 0);
  const share = drive.total > 0 ? used / drive.total : 0;
  const left = state.certificateEnds ? (new Date(state.certificateEnds) - Date.now()) / DAY : null;
  const rate = history.total.at(-1);
  return [
    card(t("overview.objects"), number(state.objects), h("p.muted", t("overview.inBuckets", { n: state.buckets ?? 0, shown: number(state.buckets), bytes: bytes(state.bytes) })), h("p.caption.muted", t("overview.versions", { versions: number(state.versions), markers: number(state.deleteMarkers) }))),
    drive.total > 0 && card(t("overview.space"), t("overview.free", { bytes: bytes(drive.available) }), h(`div.meter${share > 0.95 ? ".danger" : share > 0.85 ? ".warn" : ""}`, { role: "meter", "aria-label": t("overview.space"), "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": String(Math.round(100 * share)) }, h("span", { style: { width: `${100 * share}%` } })),
      h("p.caption.muted.break", t("overview.usedOf", { percent: percent(used, drive.total), total: bytes(drive.total), path: visible(drive.path ?? "") }))),
    card(t("overview.requests"), rate === undefined ? t("overview.measuring") : t("overview.perSecond", { rate: rate >= 10 ? number(Math.round(rate)) : rate.toFixed(1) }), sparkline(history.total, t("overview.requests")),
      h("p.caption.muted", t("overview.requestCounts", { active: number(requests.active), total: number(requests.total), failed: number(requests.failed) }))),
    card(t("overview.keyService"), [h(`span.light.big.${service.state}`), t(`kms.${service.state ?? "unknown"}`)], h("p.muted", visible(service.name ?? service.kind ?? ""), service.latencyMilliseconds !== undefined && ` · ${milliseconds(service.latencyMilliseconds)}`),
      service.cause && h("p.danger-text.break", visible(service.cause)), has("GET kms") && may("kms:Status") && h("p", h("a", { href: "#/keys/status" }, t("overview.keyDetails")))),
    card(t("overview.certificate"), left === null ? t("overview.noTLS") : left < 0 ? t("overview.ended") : t("overview.days", { n: Math.floor(left), shown: number(Math.floor(left)) }),
      left === null ? h("p.muted", t("overview.noTLSText")) : h("p", { class: left < 14 ? "danger-text" : "muted", title: exact(state.certificateEnds) }, left < 14 && icon("warn"), t("overview.ends", { time: when(state.certificateEnds) }))),
    card(t("overview.server"), `Coffer ${visible(state.version ?? "")}`, h("p.muted", { title: exact(state.started) }, t("overview.up", { time: duration((Date.now() - new Date(state.started)) / 1000) })), session.value.server?.s3Address && h("p.caption.muted.break", t("overview.s3", { address: visible(session.value.server.s3Address) }))),
  ];
}

/** A small plot of the last points, its name and last value in words for those who do not see it. */
function sparkline(points, name) {
  const most = Math.max(1, ...points);
  const step = 240 / (POINTS - 1);
  const from = POINTS - points.length;
  const path = points.map((value, n) => `${n === 0 ? "M" : "L"}${((from + n) * step).toFixed(1)} ${(44 - (40 * value) / most).toFixed(1)}`).join(" ");
  return svg("svg", { class: "sparkline", viewBox: "0 0 240 46", preserveAspectRatio: "none", role: "img", "aria-label": name }, svg("path", { d: path || "M0 44", "vector-effect": "non-scaling-stroke" }));
}
