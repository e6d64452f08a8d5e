// Which rows are chosen: those by name, or everything that a listing holds.

export class Selection {
  #rows = new Map();
  #id;
  #changed;
  /** Everything of the listing, loaded or not. */
  everything = false;

  constructor(id, changed) {
    this.#id = id;
    this.#changed = changed;
  }

  get size() {
    return this.everything ? Infinity : this.#rows.size;
  }

  get rows() {
    return [...this.#rows.values()];
  }

  has(row) {
    return this.everything || this.#rows.has(this.#id(row));
  }

  toggle(row) {
    this.everything = false;
    if (!this.#rows.delete(this.#id(row))) this.#rows.set(this.#id(row), row);
    this.#changed();
  }

  /** Adds the loaded rows from `first` to `last`, in either order. */
  range(source, first, last) {
    for (let n = Math.min(first, last); n <= Math.max(first, last); n += 1) {
      const row = source.get(n);
      if (row) this.#rows.set(this.#id(row), row);
    }
    this.#changed();
  }

  selectEverything() {
    this.everything = true;
    this.#changed();
  }

  clear() {
    if (this.#rows.size === 0 && !this.everything) return;
    this.#rows.clear();
    this.everything = false;
    this.#changed();
  }
}
