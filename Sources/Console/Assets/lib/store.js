// A value that is watched.

export class Store {
  #value;
  #watchers = new Set();

  constructor(value) {
    this.#value = value;
  }

  get value() {
    return this.#value;
  }

  set(value) {
    this.#value = value;
    for (const watcher of [...this.#watchers]) watcher(value);
  }

  /** Calls `watcher` now and at each change, until `signal` is aborted. */
  watch(watcher, signal) {
    this.#watchers.add(watcher);
    signal?.addEventListener("abort", () => this.#watchers.delete(watcher));
    watcher(this.#value);
  }
}

/** A choice that stays in this browser; nothing secret is ever kept there. */
export function kept(name, fallback) {
  try {
    return localStorage.getItem(`coffer.${name}`) ?? fallback;
  } catch {
    return fallback;
  }
}

export function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(`coffer.${name}`);
    else localStorage.setItem(`coffer.${name}`, value);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}
