// What the server does in one's name: deleting, copying, moving, re-wrapping.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { get, has, remove } from "../lib/api.js";
import { bytes, exact, number, percent, visible, when } from "../lib/format.js";
import { pageHead, refreshButton } from "../parts/page-head.js";
import { empty } from "../parts/states.js";
import { toast } from "../parts/toast.js";

/** The task when it has ended, or as it is after `limit` ms. */
export async function follow(id, limit) {
  const until = Date.now() + limit;
  for (let pause = 50; ; pause = Math.min(500, pause * 2)) {
    const task = (await get("tasks")).tasks.find((one) => one.id === id);
    if (!task || task.state !== "running" || Date.now() > until) return task;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

export async function page({ signal }) {
  const body = h("div.stack.form-page");
  let shown = "";
  const refresh = async () => {
    const { tasks } = await get("tasks", {}, signal);
    const text = JSON.stringify(tasks);
    if (text !== shown) fill(body, tasks.length === 0 ? empty(t("tasks.none"), t("tasks.noneText")) : tasks.map((task) => draw(task, refresh)));
    shown = text;
    return tasks.some((task) => task.state === "running");
  };
  await refresh();
  const timer = setInterval(() => { if (!document.hidden) refresh().catch(() => null); }, 2000);
  signal.addEventListener("abort", () => clearInterval(timer));
  return { title: t("place.tasks"), element: h("div.page", pageHead(t("place.tasks"), refreshButton(refresh)), body) };
}

function draw(task, refresh) {
  const end = async () => {
    try {
      await remove("tasks", { id: task.id });
    } catch (error) {
      toast(visible(error.message), { kind: "danger" });
    }
    await refresh();
  };
  const running = task.state === "running";
  const label = t(running ? "tasks.stop" : "tasks.forget");
  return h("section.panel.padded", h("div.section-head", h("h2", t(`tasks.kind.${task.kind}`, { bucket: visible(task.bucket ?? "") })), h("span.badge", { class: `badge ${{ running: "info", done: task.failed > 0 ? "warn" : "ok", failed: "danger" }[task.state] ?? ""}` }, t(`tasks.${task.state}`)),
    has("DELETE tasks") && h("button.button.small", { type: "button", on: { click: end } }, icon(running ? "stop" : "close"), label)),
  running && task.total !== undefined && h("div.meter", { role: "progressbar", "aria-label": t("dock.progress"), "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": String(Math.floor(100 * task.done / Math.max(1, task.total))) }, h("span", { style: { width: percent(task.done, task.total).replace(" ", "") } })),
  h("p.muted", { title: exact(task.started) }, t("tasks.progress", { done: number(task.done), total: task.total === undefined ? "?" : number(task.total), bytes: bytes(task.bytes), time: when(task.started) })),
  task.error && h("p.danger-text", visible(task.error.message ?? task.error)),
  task.failed > 0 && h("details.fold", h("summary", t("tasks.failures", { n: task.failed, shown: number(task.failed) })), h("ul.plain", (task.failures ?? []).map((one) => h("li.break", h("bdi", visible(one.key)), h("span.muted", ` · ${visible(one.message || one.code)}`))))));
}
