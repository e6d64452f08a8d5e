// What is being uploaded. It lives outside the page's elements: twenty thousand files are an array, not rows.

import { abandon, transfer } from "./transfer.js";
import { Store } from "./store.js";

/** Connections: over HTTP/1.1 a browser has six for a host, and the page needs some. */
class Slots {
  #free;
  #waiting = [];

  constructor(size) {
    this.size = size;
    this.#free = size;
  }

  async use(signal, work) {
    if (signal.aborted) throw new DOMException("", "AbortError");
    if (this.#free > 0) this.#free -= 1;
    else await new Promise((resolve) => this.#waiting.push(resolve));
    try {
      if (signal.aborted) throw new DOMException("", "AbortError");
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}

const FILES_AT_ONCE = 4;
const slots = new Slots(4);
const stored = new Set();

/** Waiting, running, and ended ones, in the order of arrival. */
export const items = [];
/** A number that changes when there is something new to draw. */
export const changes = new Store(0);
export const totals = { files: 0, done: 0, failed: 0, bytes: 0, sent: 0, running: 0, paused: false, problem: null };

let first = 0;
let serial = 0;
let drawing = false;

function changed() {
  if (drawing) return;
  drawing = true;
  setTimeout(() => {
    drawing = false;
    changes.set(changes.value + 1);
  }, 100);
}

/** Is told {bucket, key} of each object that was stored, until `signal`. */
export function onStored(listener, signal) {
  stored.add(listener);
  signal.addEventListener("abort", () => stored.delete(listener));
}

/** `entries`: {file, bucket, key, type, encryption, policy: "skip", "replace" or "both"}. */
export function add(entries) {
  for (const entry of entries) {
    serial += 1;
    items.push({ ...entry, id: serial, size: entry.file.size, sent: 0, state: "waiting", replace: entry.policy === "replace" });
    totals.files += 1;
    totals.bytes += entry.file.size;
  }
  totals.problem = null;
  pump();
  changed();
}

function pump() {
  if (totals.paused) return;
  while (first < items.length && items[first].state !== "waiting" && items[first].state !== "running") first += 1;
  for (let n = first; n < items.length && totals.running < FILES_AT_ONCE; n += 1) if (items[n].state === "waiting") run(items[n]);
}

async function run(item) {
  item.state = "running";
  item.abort = new AbortController();
  item.problem = null;
  totals.running += 1;
  const report = ({ sent, waiting, resumed }) => {
    if (sent !== undefined && sent > item.sent) {
      // What is shown never goes back: a part that is sent again counts once.
      totals.sent += sent - item.sent;
      if (!resumed) rate(sent - item.sent);
      item.sent = sent;
    }
    if (waiting !== undefined) item.waitingFor = waiting;
    if (resumed) item.resumed = true;
    changed();
  };
  try {
    const answer = await transfer(item, { slots, signal: item.abort.signal, report });
    report({ sent: item.size });
    item.state = "done";
    totals.done += 1;
    item.file = null;
    item.customer = null;
    for (const listener of [...stored]) listener({ bucket: item.bucket, key: item.key, ...answer });
  } catch (error) {
    failed(item, error);
  } finally {
    totals.running -= 1;
    item.waitingFor = null;
    pump();
    changed();
  }
}

function failed(item, error) {
  if (error.name === "AbortError") {
    if (item.state === "running") item.state = totals.paused ? "waiting" : "stopped";
    return;
  }
  if (error.status === 412 && item.policy === "both") {
    item.attempt = (item.attempt ?? 1) + 1;
    item.key = numbered(item.original ??= item.key, item.attempt);
    item.state = "waiting";
    abandon({ ...item });
    item.upload = null;
    return;
  }
  item.state = error.status === 412 ? "exists" : "failed";
  item.problem = error;
  if (error.status === 412) abandon(item);
  totals.failed += 1;
  if (error.status === 507 || /Quota|StorageFull/.test(error.code ?? "")) {
    // The others would fail as well: the queue stops, and tells why.
    totals.problem = error;
    pauseAll();
  }
}

/** "a/b.txt", 2 → "a/b (2).txt". */
export function numbered(key, n) {
  const slash = key.lastIndexOf("/");
  const dot = key.lastIndexOf(".");
  return dot > slash + 1 ? `${key.slice(0, dot)} (${n})${key.slice(dot)}` : `${key} (${n})`;
}

export function pauseAll() {
  totals.paused = true;
  for (const item of items.slice(first)) if (item.state === "running") item.abort.abort();
  changed();
}

export function resumeAll() {
  totals.paused = false;
  totals.problem = null;
  pump();
  changed();
}

/** Ends one; with parts on the server, they are removed. */
export function cancel(item) {
  const was = item.state;
  if (!["waiting", "running", "failed"].includes(was)) return;
  item.state = "stopped";
  item.abort?.abort();
  if (was === "failed") totals.failed -= 1;
  totals.files -= 1;
  totals.bytes -= item.size;
  totals.sent -= item.sent;
  abandon(item);
  changed();
}

export function cancelAll() {
  for (const item of items.slice(first)) cancel(item);
  totals.paused = false;
  totals.problem = null;
}

export function retry(item, { replace = false } = {}) {
  if (item.state !== "failed" && item.state !== "exists") return;
  if (replace) item.replace = true;
  item.state = "waiting";
  totals.failed -= 1;
  first = Math.min(first, items.indexOf(item));
  pump();
  changed();
}

/** Forgets what has ended well, and when nothing is left, everything. */
export function clearEnded() {
  for (let n = items.length - 1; n >= 0; n -= 1) if (!["waiting", "running"].includes(items[n].state)) items.splice(n, 1);
  first = 0;
  totals.files = items.length;
  totals.done = 0;
  totals.failed = 0;
  totals.bytes = items.reduce((sum, item) => sum + item.size, 0);
  totals.sent = items.reduce((sum, item) => sum + item.sent, 0);
  changed();
}

export function active() {
  return totals.running > 0 || items.slice(first).some((item) => item.state === "waiting");
}

// Bytes of the last five seconds, in steps of half a second.
const steps = [];

function rate(bytes) {
  const now = Math.floor(performance.now() / 500);
  if (steps.at(-1)?.at !== now) steps.push({ at: now, bytes: 0 });
  steps.at(-1).bytes += bytes;
  while (steps.length > 0 && steps[0].at < now - 10) steps.shift();
}

/** Bytes a second, of the last seconds. */
export function speed() {
  const now = Math.floor(performance.now() / 500);
  const recent = steps.filter((step) => step.at >= now - 10);
  if (recent.length === 0) return 0;
  return recent.reduce((sum, step) => sum + step.bytes, 0) / Math.max(0.5, (now - recent[0].at + 1) / 2);
}

/** Whoever was logged in has left: nothing of theirs goes on. What has arrived stays at the server, to be taken up later. */
addEventListener("coffer-left", () => {
  totals.paused = true;
  for (const item of items) {
    const running = item.state === "running";
    item.state = "stopped";
    item.customer = null;
    if (running) item.abort.abort();
  }
  items.length = 0;
  first = 0;
  Object.assign(totals, { files: 0, done: 0, failed: 0, bytes: 0, sent: 0, paused: false, problem: null });
  changed();
});

addEventListener("beforeunload", (event) => {
  if (active()) event.preventDefault();
});
