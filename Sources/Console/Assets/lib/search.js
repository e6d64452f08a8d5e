// A search on the server, whose findings come as they are found; a source of the grid.

import { lines } from "./api.js";

export class Search {
  constructor({ bucket, prefix, text, signal, changed }) {
    Object.assign(this, { bucket, prefix, text, changed });
    this.rows = [];
    this.examined = 0;
    this.done = false;
    this.cut = false;
    this.abort = new AbortController();
    signal.addEventListener("abort", () => this.abort.abort());
  }

  get count() {
    return this.rows.length;
  }

  get total() {
    return this.done ? this.rows.length : -1;
  }

  get sortable() {
    return false;
  }

  get(n) {
    return this.rows[n];
  }

  need() {}

  /** Begins, and resolves with the first finding or at the end. */
  more() {
    return new Promise((resolve, reject) => this.#run(resolve).then(resolve, reject));
  }

  async #run(found) {
    let drawn = 0;
    try {
      for await (const line of lines("search", { query: { b: this.bucket, prefix: this.prefix, q: this.text, limit: 1000 }, signal: this.abort.signal })) {
        if (line.object) this.rows.push(line.object);
        if (line.examined !== undefined) this.examined = line.examined;
        if (line.error) throw Object.assign(new Error(line.error.message), line.error);
        if (line.end) this.cut = line.more === true;
        if (this.rows.length > 0) found();
        if (performance.now() - drawn > 100) {
          drawn = performance.now();
          this.changed?.();
        }
      }
    } catch (error) {
      if (error.name !== "AbortError" || !this.stopped) throw error;
    } finally {
      this.done = true;
      this.changed?.();
    }
  }

  stop() {
    this.stopped = true;
    this.abort.abort();
  }
}
