// What happens now: requests as they end, as traces and as the audit tell them, and the server's log.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { address, has, may } from "../lib/api.js";
import { bytes, exact, milliseconds, visible } from "../lib/format.js";
import { href } from "../lib/router.js";
import { Grid } from "../lib/grid.js";
import { filterBox, pageHead } from "../parts/page-head.js";
import { empty } from "../parts/states.js";
import { openDialog } from "../parts/dialog.js";
import { showJSON } from "../parts/json-editor.js";

const KEPT = 5000;

const TRACE = [
  { id: "time", label: t("trace.time"), width: "92px", fill: (cell, row) => { cell.textContent = exact(row.time).slice(11, 19); cell.title = exact(row.time); } },
  { id: "name", label: t("trace.name"), width: "minmax(120px, 1fr)", fill: (cell, row) => { cell.textContent = visible((row.funcname ?? "").replace(/^\w+\./, "")); cell.title = visible(row.funcname ?? ""); } },
  { id: "status", label: t("trace.status"), width: "64px", fill: (cell, row) => fill(cell, statusBadge(row)) },
  { id: "path", label: t("trace.path"), width: "minmax(140px, 2.4fr)", from: 560, fill: (cell, row) => fill(cell, h("bdi", { title: visible(row.path ?? "") }, visible(row.path ?? ""))) },
  { id: "client", label: t("trace.client"), width: "minmax(110px, 0.8fr)", from: 900, fill: (cell, row) => { cell.textContent = visible(row.http?.request?.client ?? ""); } },
  { id: "bytes", label: t("trace.bytes"), width: "84px", from: 760, align: "right", fill: (cell, row) => { cell.textContent = bytes(row.bytes); } },
  { id: "duration", label: t("trace.duration"), width: "84px", from: 440, align: "right", fill: (cell, row) => { cell.textContent = row.dur === undefined ? "–" : milliseconds(row.dur / 1e6); } },
];
const LOG = [
  { id: "time", label: t("trace.time"), width: "92px", fill: (cell, row) => { cell.textContent = exact(row.time).slice(11, 19); cell.title = exact(row.time); } },
  { id: "level", label: t("log.level"), width: "88px", from: 480, fill: (cell, row) => fill(cell, level(row) && h("span.badge", { class: `badge ${/err|fatal|crit/i.test(level(row)) ? "danger" : /warn/i.test(level(row)) ? "warn" : ""}` }, visible(level(row)).toLowerCase())) },
  { id: "text", label: t("log.text"), width: "minmax(180px, 1fr)", fill: (cell, row) => fill(cell, h("bdi", { title: visible(message(row)) }, visible(message(row)))) },
];

const AUDIT = [
  { id: "time", label: t("trace.time"), width: "92px", fill: (cell, row) => { cell.textContent = exact(row.time).slice(11, 19); cell.title = exact(row.time); } },
  { id: "name", label: t("trace.name"), width: "minmax(120px, 1fr)", fill: (cell, row) => { cell.textContent = visible(row.api?.name ?? "–"); } },
  { id: "status", label: t("trace.status"), width: "64px", fill: (cell, row) => fill(cell, statusBadge(row)) },
  { id: "who", label: t("audit.who"), width: "minmax(100px, 1fr)", from: 480, fill: (cell, row) => fill(cell, h("bdi", { title: visible(row.parentUser ?? "") }, visible(row.accessKey ?? "–"))) },
  { id: "what", label: t("audit.what"), width: "minmax(140px, 2fr)", from: 620, fill: (cell, row) => { const text = visible(row.api?.bucket ? `${row.api.bucket}/${row.api.object ?? ""}` : row.requestPath ?? ""); fill(cell, h("bdi", { title: text }, text)); } },
  { id: "client", label: t("trace.client"), width: "minmax(110px, 0.8fr)", from: 900, fill: (cell, row) => { cell.textContent = visible(row.remotehost ?? ""); } },
  { id: "error", label: t("audit.error"), width: "minmax(90px, 0.8fr)", from: 1040, fill: (cell, row) => { cell.textContent = visible(row.error ?? ""); } },
];

const COLUMNS = { trace: TRACE, audit: AUDIT, log: LOG };

function tabs() {
  return [["trace", has("GET trace") && may("admin:ServerTrace")], ["audit", has("GET audit") && may("admin:ServerTrace")], ["log", has("GET log") && may("admin:ConsoleLog")]].filter(([, shown]) => shown).map(([name]) => name);
}

function statusBadge(row) {
  const value = status(row);
  return value !== undefined && h("span.badge", { class: `badge ${value >= 500 ? "danger" : value >= 400 ? "warn" : "ok"}` }, value);
}

const status = (row) => row.http?.response?.statuscode ?? row.api?.statusCode ?? row.statusCode;
const level = (row) => row.level || row.errKind || "";
const message = (row) => row.message || row.ConsoleMsg || row.error?.message || JSON.stringify(row);

export async function page({ path, signal }) {
  const call = tabs().includes(path[1]) ? path[1] : tabs()[0] ?? "trace";
  const tracing = call === "trace";
  let lines = [];
  let text = "";
  let errors = false;
  let stream = null;
  let drawn = 0;
  const grid = new Grid({ label: t(`activity.${call}`), columns: COLUMNS[call], source: { count: 0, total: 0, get() {} }, id: (row) => row, open: (row) => showLine(row) });
  const state = h("span.muted", { role: "status" });
  const pause = h("button.button", { type: "button", on: { click: () => (stream ? stop() : start()) } });

  const source = () => {
    const shown = text === "" ? lines : lines.filter((row) => row.words.includes(text));
    // The newest is on top.
    return { count: shown.length, total: shown.length, get: (n) => shown[shown.length - 1 - n], need() {} };
  };
  const draw = () => {
    drawn = 0;
    grid.show(source(), { keep: true, state: lines.length === 0 ? empty(t(`activity.${call}None`), t("activity.wait")) : null });
  };
  const soon = () => { drawn ||= setTimeout(draw, 200); };

  function start() {
    stream = new EventSource(address(call, tracing ? { errors: errors ? "true" : undefined } : {}));
    stream.addEventListener("line", (event) => {
      const row = JSON.parse(event.data);
      Object.defineProperty(row, "words", { value: event.data.toLowerCase() });
      lines.push(row);
      if (lines.length > KEPT * 1.2) lines = lines.slice(-KEPT);
      soon();
    });
    stream.onopen = () => { state.textContent = t("activity.live"); };
    stream.onerror = () => {
      state.textContent = t("activity.broken");
      if (stream?.readyState === EventSource.CLOSED) stop();
    };
    // Who could not keep up begins again; whoever may not look any more does not.
    stream.addEventListener("end", (event) => {
      stop();
      if (JSON.parse(event.data).code === "TooSlow") start();
    });
    fill(pause, icon("pause"), t("activity.pause"));
  }
  function stop() {
    stream?.close();
    stream = null;
    state.textContent = t("activity.paused");
    fill(pause, icon("play"), t("activity.resume"));
  }
  signal.addEventListener("abort", () => stream?.close());
  start();
  draw();

  const onlyErrors = h("label.check", h("input", { type: "checkbox", on: { change: (event) => { errors = event.target.checked; stop(); lines = []; start(); draw(); } } }), h("span", t("activity.errors")));
  return {
    title: t(`activity.${call}`),
    element: h("div.page.fixed", pageHead(t("place.activity"), filterBox(t("activity.filter"), (value) => { text = value.toLowerCase(); draw(); }), tracing && onlyErrors, pause, h("button.button", { type: "button", on: { click: () => { lines = []; draw(); } } }, t("action.clear"))),
      h("nav.tabs", { "aria-label": t("place.activity") }, tabs().map((name) => h("a.tab", { href: href(["activity", name]), "aria-current": name === call ? "page" : null }, t(`activity.${name}`))), h("span.tab-note", state)), grid.element),
  };
}

function showLine(row) {
  return openDialog({ title: t("activity.line"), wide: true, cancel: t("action.close"), body: showJSON(row) });
}
