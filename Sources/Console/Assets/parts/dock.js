// The dock of transfers, bottom right: folded to one line, unfolded to at most a hundred rows.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { bytes, duration, lastPart, number, percent, visible } from "../lib/format.js";
import { active, cancel, cancelAll, changes, clearEnded, items, pauseAll, resumeAll, retry, speed, totals } from "../lib/queue.js";

const MOST_ROWS = 100;
const SPOKEN_EVERY = 5000;

let dock = null;

export function showDock() {
  if (!dock) dock = new Dock();
  if (!dock.element.isConnected) document.body.append(dock.element);
}

class Dock {
  constructor() {
    this.open = false;
    this.line = h("span.dock-line");
    this.bar = h("div.meter", { role: "progressbar", "aria-label": t("dock.progress"), "aria-valuemin": "0", "aria-valuemax": "100" }, h("span"));
    this.controls = h("div.actions");
    this.list = h("div.dock-list", { hidden: true });
    this.spoken = h("div.visually-hidden", { role: "status", "aria-live": "polite" });
    this.fold = h("button.icon-button", { type: "button", "aria-expanded": "false", "aria-label": t("dock.details"), on: { click: () => { this.open = !this.open; this.draw(); } } }, icon("up"));
    this.element = h("aside.dock", { "aria-label": t("dock.name") }, h("div.dock-head", icon("upload"), this.line, this.controls, this.fold), this.bar, this.list, this.spoken);
    this.list.addEventListener("click", (event) => this.#act(event));
    changes.watch(() => this.draw());
    // The speed and the time left change also when nothing arrives.
    setInterval(() => { if (active()) this.draw(); }, 1000);
  }

  draw() {
    if (items.length === 0) return this.element.remove();
    const running = active();
    const all = totals.files;
    const share = totals.bytes > 0 ? totals.sent / totals.bytes : all > 0 ? totals.done / all : 0;
    const pace = speed();
    const left = pace > 0 ? (totals.bytes - totals.sent) / pace : null;
    const text = totals.problem ? visible(totals.problem.message)
      : totals.paused ? t("dock.paused", { done: number(totals.done), total: number(all), percent: percent(totals.sent, totals.bytes) })
        : running ? t("dock.running", { done: number(totals.done), total: number(all), percent: percent(totals.sent, totals.bytes), rate: `${bytes(pace)}/s`, left: left === null ? "" : ` · ${duration(left)}` })
          : totals.failed > 0 ? t("dock.endedFailed", { n: totals.failed, shown: number(totals.failed), done: number(totals.done) }) : t("dock.ended", { n: totals.done, shown: number(totals.done), bytes: bytes(totals.bytes) });
    this.line.textContent = text;
    this.line.title = text;
    this.bar.firstChild.style.width = `${Math.min(100, 100 * share)}%`;
    this.bar.setAttribute("aria-valuenow", String(Math.floor(100 * share)));
    this.bar.hidden = !running && !totals.paused;
    const state = totals.paused ? "paused" : running ? "running" : "ended";
    if (state !== this.state) {
      this.state = state;
      const button = (name, label, action) => h("button.icon-button", { type: "button", "aria-label": label, title: label, on: { click: action } }, icon(name));
      fill(this.controls, state === "paused" && button("play", t("dock.resume"), resumeAll), state === "running" && button("pause", t("dock.pause"), pauseAll),
        state === "ended" ? button("close", t("dock.clear"), clearEnded) : button("close", t("dock.cancel"), cancelAll));
    }
    if (Date.now() - (this.said ?? 0) > SPOKEN_EVERY || state === "ended" && this.spokenText !== text) {
      this.said = Date.now();
      this.spokenText = text;
      this.spoken.textContent = text;
    }
    this.fold.setAttribute("aria-expanded", String(this.open));
    this.element.classList.toggle("open", this.open);
    this.list.hidden = !this.open;
    if (this.open) this.#rows();
  }

  #rows() {
    const order = { running: 0, failed: 1, exists: 1, waiting: 2, done: 3, stopped: 4 };
    const held = [[], [], [], [], []];
    for (const item of items) {
      const group = held[order[item.state]];
      if (group.length < MOST_ROWS) group.push(item);
    }
    const shown = held.flat().slice(0, MOST_ROWS);
    fill(this.list, shown.map((item) => h("div.dock-row", h("div.grow", h("div.dock-name", { title: visible(item.key) }, h("bdi", visible(lastPart(item.key)))),
      h("div.caption", { class: `caption ${item.state === "failed" || item.state === "exists" ? "danger-text" : "muted"}` }, this.#said(item))),
    ["failed", "exists"].includes(item.state) && h("button.button.small", { type: "button", data: { retry: item.id } }, t(item.state === "exists" ? "dock.replace" : "action.retry")),
    ["waiting", "running", "failed"].includes(item.state) && h("button.icon-button", { type: "button", data: { cancel: item.id }, "aria-label": t("dock.cancelOne", { name: visible(lastPart(item.key)) }) }, icon("close")))),
    items.length > shown.length && h("p.caption.muted.dock-more", t("dock.more", { n: items.length - shown.length, shown: number(items.length - shown.length) })));
  }

  #said(item) {
    switch (item.state) {
    case "waiting": return t(totals.paused ? "dock.itemPaused" : "dock.itemWaiting", { bytes: bytes(item.size) });
    case "running": return item.waitingFor ? t("dock.itemRetry", { cause: visible(item.waitingFor.message) }) : t(item.resumed ? "dock.itemResumed" : "dock.itemRunning", { percent: percent(item.sent, item.size), bytes: bytes(item.size) });
    case "done": return t("dock.itemDone", { bytes: bytes(item.size) });
    case "exists": return t("dock.itemExists");
    case "failed": return visible(item.problem?.message ?? "");
    default: return t("dock.itemStopped");
    }
  }

  #act(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const item = items.find((one) => String(one.id) === (button.dataset.retry ?? button.dataset.cancel));
    if (!item) return;
    if (button.dataset.retry) retry(item, { replace: item.state === "exists" });
    else cancel(item);
  }
}
