// The rows of a prefix: pages of 1000, loaded as the view comes near them, the least recently seen forgotten.

import { get } from "./api.js";

const PAGE = 1000;
const KEPT_PAGES = 200;
/** So many rows before the end of what is loaded, the next page is asked for. */
const AHEAD = 600;
/** Up to so many rows, all loaded, the page sorts by itself. */
export const SORTABLE = 10_000;

/**
 * A source of the grid. Rows: {folder: true, key} or {key, size, modified, …} as the server gives them.
 * `changed()` is called when there are more rows or when rows came back.
 */
export class Listing {
  constructor({ bucket, prefix = "", filter = "", flat = false, versions = false, at = "", signal, changed }) {
    Object.assign(this, { bucket, prefix, filter, flat, versions, at, signal, changed });
    this.pages = [];
    this.count = 0;
    this.done = false;
    this.loading = null;
    this.sorted = null;
    this.clock = 0;
  }

  get total() {
    return this.done ? this.count : -1;
  }

  async #fetch(after) {
    const answer = await get("objects", { b: this.bucket, prefix: this.prefix + this.filter, after, limit: PAGE, flat: this.flat, versions: this.versions ? "true" : "", at: this.at }, this.signal);
    const folders = (answer.prefixes ?? []).map((key) => ({ folder: true, key }));
    const objects = answer.objects ?? [];
    // Folders first where all is at hand; in a longer listing the order of the keys is the only one that holds.
    const rows = after === undefined && !answer.next ? [...folders, ...objects] : merged(folders, objects);
    return { rows, next: answer.next };
  }

  /** The first page, or the next. One at a time. */
  more() {
    if (this.done) return Promise.resolve();
    this.loading ??= this.#more().finally(() => { this.loading = null; });
    return this.loading;
  }

  async #more() {
    const after = this.pages.at(-1)?.next;
    const { rows, next } = await this.#fetch(after);
    this.pages.push({ start: this.count, length: rows.length, rows, after, next, seen: this.clock });
    this.count += rows.length;
    this.done = next === undefined;
    this.problem = null;
  }

  #pageOf(n) {
    let low = 0;
    let high = this.pages.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.pages[middle].start <= n) low = middle;
      else high = middle - 1;
    }
    return this.pages[low];
  }

  get(n) {
    if (this.sorted) return this.sorted[n];
    if (n < 0 || n >= this.count) return undefined;
    const page = this.#pageOf(n);
    page.seen = this.clock;
    return page.rows?.[n - page.start];
  }

  need(first, last) {
    this.clock += 1;
    if (last >= this.count - AHEAD && !this.done && !this.loading && !this.problem) {
      this.more().then(() => this.#tell(), (error) => this.#fail(error));
    }
    for (let n = first; n <= last; n += 1) {
      const page = this.#pageOf(n);
      if (!page.rows && !page.waiting) this.#again(page);
      n = page.start + page.length - 1;
    }
    if (this.pages.length > KEPT_PAGES) this.#forget();
  }

  async #again(page) {
    page.waiting = true;
    try {
      const { rows } = await this.#fetch(page.after);
      // What has changed since shows at the next refresh; the positions must not move under the view.
      page.rows = rows.slice(0, page.length);
      this.#tell();
    } catch (error) {
      this.#fail(error);
    } finally {
      page.waiting = false;
    }
  }

  #forget() {
    const held = this.pages.filter((page) => page.rows);
    held.sort((one, other) => one.seen - other.seen);
    for (const page of held.slice(0, Math.max(0, held.length - KEPT_PAGES))) page.rows = null;
  }

  #tell() {
    this.changed?.();
  }

  #fail(error) {
    if (error.name === "AbortError") return;
    this.problem = error;
    this.changed?.(error);
  }

  /** Whether the page itself can sort: all is loaded and not too much. */
  get sortable() {
    return this.done && this.count <= SORTABLE;
  }

  /** Orders by a member; folders stay first. By "key" upwards is the server's own order. */
  sort({ by, down }) {
    if (!this.sortable || (by === "key" && !down)) {
      this.sorted = null;
      return;
    }
    const all = this.pages.flatMap((page) => page.rows);
    const sign = down ? -1 : 1;
    this.sorted = [...all].sort((a, b) => (b.folder ? 1 : 0) - (a.folder ? 1 : 0) || sign * compare(a[by], b[by]) || compare(a.key, b.key));
  }
}

function compare(a, b) {
  return a === b ? 0 : a === undefined ? -1 : b === undefined ? 1 : a < b ? -1 : 1;
}

/** Both lists are in the order of their bytes; so is the result. */
function merged(folders, objects) {
  const rows = [];
  let at = 0;
  for (const row of objects) {
    while (at < folders.length && byteOrder(folders[at].key, row.key) < 0) rows.push(folders[at++]);
    rows.push(row);
  }
  return [...rows, ...folders.slice(at)];
}

/** The order of UTF-8, which is that of code points; JavaScript's own compares UTF-16. */
function byteOrder(a, b) {
  const length = Math.min(a.length, b.length);
  for (let n = 0; n < length; n += 1) {
    if (a.charCodeAt(n) === b.charCodeAt(n)) continue;
    return (a.codePointAt(n) ?? 0) - (b.codePointAt(n) ?? 0);
  }
  return a.length - b.length;
}
