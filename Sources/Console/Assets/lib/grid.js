// A table of any length: a pool of rows moved by one translation, texts set in place. ARIA role "grid".

import { h, icon, fill, uniqueId } from "./dom.js";
import { t } from "./i18n.js";
import { Selection } from "./selection.js";

/** Browsers cut off very tall elements; beyond this height the scroll position is scaled to rows. */
const TALLEST = 8_000_000;
const OVERSCAN = 6;

/** Rows that are all at hand. */
export function arraySource(rows) {
  return { count: rows.length, total: rows.length, get: (n) => rows[n], need() {} };
}

/**
 * `columns`: {id, label, width, from, align, sort, fill(cell, row)}; one with `from` is shown from that many pixels of
 * width on. `source`: {count, total (-1: unknown), get(n) → row or undefined while it loads, need(first, last)}.
 * `open(row)`: Enter or a click; `id(row)`: what makes it the same; `menu(row)`: entries of its context menu.
 */
export class Grid {
  constructor({ label, columns, source, id, open, selectable = false, sort, onSort, onSelection, state, onKey, menu }) {
    Object.assign(this, { columns, source, id, open, selectable, sort, onSort, onKey, menu });
    this.active = 0;
    this.pool = [];
    this.selection = new Selection(id, () => { this.render(true); onSelection?.(this.selection); });
    this.prefix = uniqueId("grid");
    this.head = h("div.grid-head", { role: "row" });
    this.layer = h("div.grid-layer", { role: "rowgroup" });
    this.body = h("div.grid-body", { role: "presentation" }, this.layer);
    this.state = h("div.grid-state", state ?? null);
    this.view = h("div.grid-view", { role: "presentation", on: { scroll: () => this.schedule() } }, this.head, this.body, this.state);
    this.element = h("div.grid", { role: "grid", "aria-label": label, tabIndex: 0, "aria-multiselectable": String(selectable),
      on: { keydown: (event) => this.#key(event), click: (event) => this.#click(event), contextmenu: (event) => this.#context(event) } }, this.view);
    new ResizeObserver(() => this.#resize()).observe(this.view);
  }

  /** Shows another source, from its first row unless `keep`. */
  show(source, { keep = false, state = null } = {}) {
    this.source = source;
    fill(this.state, state);
    if (!keep) {
      this.active = 0;
      this.view.scrollTop = 0;
    }
    this.active = Math.min(this.active, Math.max(0, source.count - 1));
    this.render(true);
  }

  schedule() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.render();
    });
  }

  #resize() {
    const shown = this.columns.filter((column) => (column.from ?? 0) <= this.view.clientWidth);
    if (!this.shown || shown.length !== this.shown.length) this.#build(shown);
    this.render();
  }

  #build(shown) {
    this.shown = shown;
    const widths = shown.map((column) => column.width).join(" ");
    this.element.style.setProperty("--columns", this.selectable ? `36px ${widths}` : widths);
    fill(this.head,
      this.selectable && h("div.grid-cell.grid-check", { role: "columnheader" }, this.checkAll = h("input", { type: "checkbox", "aria-label": t("grid.selectAll"), tabIndex: -1,
        on: { click: (event) => { event.stopPropagation(); this.toggleAll(); } } })),
      shown.map((column) => h(`div.grid-cell${column.align === "right" ? ".right" : ""}`, { role: "columnheader", "aria-sort": this.#direction(column) }, this.#heading(column))));
    this.layer.replaceChildren();
    this.pool = [];
  }

  #direction(column) {
    if (!column.sort) return null;
    return this.sort?.by === column.id ? (this.sort.down ? "descending" : "ascending") : "none";
  }

  #heading(column) {
    if (!column.sort || !this.onSort) return column.label === "" ? h("span.visually-hidden", column.name ?? "") : h("span", column.label);
    const reason = typeof column.sort === "function" ? column.sort() : null;
    if (reason) return h("span", { title: reason }, column.label);
    const mine = this.sort?.by === column.id;
    return h("button.grid-sort", { type: "button", tabIndex: 0, on: { click: (event) => {
      event.stopPropagation();
      this.sort = { by: column.id, down: mine && !this.sort.down };
      this.#build(this.shown);
      this.onSort(this.sort);
    } } }, column.label, mine && icon(this.sort.down ? "down" : "up"));
  }

  /** Draws the rows in view; with `all`, also those whose data did not change. */
  render(all = false) {
    if (!this.shown) return;
    if (all && this.shown.some((column) => typeof column.sort === "function")) this.#headings();
    const height = this.rowHeight = parseFloat(getComputedStyle(this.element).getPropertyValue("--row")) || 32;
    const { count, total } = this.source;
    const seen = this.view.clientHeight - this.head.offsetHeight;
    const whole = count * height;
    const tall = Math.min(whole, TALLEST);
    this.body.style.height = `${tall}px`;
    const scale = whole > TALLEST ? (whole - seen) / (tall - seen) : 1;
    const top = this.view.scrollTop * scale;
    const first = Math.max(0, Math.floor(top / height) - OVERSCAN);
    const wanted = Math.min(count, Math.ceil(Math.max(seen, 0) / height) + 2 * OVERSCAN);
    while (this.pool.length < wanted) this.#addRow();
    this.layer.style.transform = `translateY(${this.view.scrollTop - (top - first * height)}px)`;
    this.first = first;
    this.scale = scale;
    this.element.setAttribute("aria-rowcount", String(total === undefined || total < 0 ? -1 : total + 1));
    if (count > 0) this.source.need?.(first, Math.min(count, first + wanted) - 1);
    for (let k = 0; k < this.pool.length; k += 1) this.#draw(this.pool[k], first + k, first + k < count && k < wanted, all);
    this.state.hidden = count > 0 && !this.state.firstChild;
    this.element.setAttribute("aria-activedescendant", count > 0 ? `${this.prefix}-${this.active}` : "");
    if (this.checkAll) {
      this.checkAll.checked = count > 0 && this.selection.size >= count;
      this.checkAll.indeterminate = this.selection.size > 0 && this.selection.size < count;
    }
  }

  #headings() {
    const cells = [...this.head.children].slice(this.selectable ? 1 : 0);
    this.shown.forEach((column, n) => { if (typeof column.sort === "function") fill(cells[n], this.#heading(column)); });
  }

  #addRow() {
    const check = this.selectable && h("input", { type: "checkbox", tabIndex: -1 });
    const cells = this.shown.map((column) => h(`div.grid-cell${column.align === "right" ? ".right" : ""}${column.className ? `.${column.className}` : ""}`, { role: "gridcell" }));
    const element = h("div.grid-row", { role: "row" }, check && h("div.grid-cell.grid-check", { role: "gridcell" }, check), cells);
    this.pool.push({ element, cells, check, index: -1, row: null });
    this.layer.append(element);
  }

  #draw(slot, index, present, all) {
    slot.element.hidden = !present;
    if (!present) {
      slot.index = -1;
      return;
    }
    const row = this.source.get(index);
    if (!all && slot.index === index && slot.row === row && slot.active === (index === this.active)) return;
    const fresh = all || slot.row !== row || slot.index < 0;
    Object.assign(slot, { index, row, active: index === this.active });
    slot.element.id = `${this.prefix}-${index}`;
    slot.element.setAttribute("aria-rowindex", String(index + 2));
    slot.element.classList.toggle("active", slot.active);
    slot.element.classList.toggle("waiting", row === undefined);
    const chosen = row !== undefined && this.selection.has(row);
    slot.element.classList.toggle("selected", chosen);
    if (this.selectable) {
      slot.element.setAttribute("aria-selected", String(chosen));
      slot.check.checked = chosen;
      slot.check.setAttribute("aria-label", row ? t("grid.select", { name: String(this.id(row)) }) : "");
    }
    if (fresh) {
      this.shown.forEach((column, n) => {
        if (row === undefined) fill(slot.cells[n], n === 0 && h("span.placeholder"));
        else column.fill(slot.cells[n], row, index);
      });
    }
    for (const control of slot.element.querySelectorAll("a, button")) control.tabIndex = slot.active ? 0 : -1;
  }

  #rowAt(target) {
    const element = target.closest?.(".grid-row");
    return element && this.pool.find((slot) => slot.element === element);
  }

  #click(event) {
    const slot = this.#rowAt(event.target);
    if (!slot?.row) return;
    if (event.target.closest(".grid-check")) {
      if (event.shiftKey) this.selection.range(this.source, this.active, slot.index);
      else this.selection.toggle(slot.row);
      this.active = slot.index;
      this.render(true);
      return;
    }
    if (event.target.closest("a, button")) return;
    this.active = slot.index;
    if (this.selectable && event.shiftKey) this.selection.range(this.source, this.anchor ?? 0, slot.index);
    else if (this.selectable && (event.ctrlKey || event.metaKey)) this.selection.toggle(slot.row);
    else this.open?.(slot.row);
    this.anchor = slot.index;
    this.render(true);
  }

  #context(event) {
    const slot = this.#rowAt(event.target);
    if (!slot?.row || !this.menu || event.shiftKey) return;
    event.preventDefault();
    this.active = slot.index;
    this.render(true);
    this.menu(slot.row, event);
  }

  toggleAll() {
    if (this.selection.size >= this.source.count) this.selection.clear();
    else this.selection.range(this.source, 0, this.source.count - 1);
    this.render(true);
  }

  move(to, extend) {
    const last = this.source.count - 1;
    if (last < 0) return;
    const target = Math.max(0, Math.min(last, to));
    if (extend && this.selectable) this.selection.range(this.source, this.active, target);
    this.active = target;
    const height = this.rowHeight;
    const seen = this.view.clientHeight - this.head.offsetHeight;
    const top = this.view.scrollTop * this.scale;
    if (target * height < top) this.view.scrollTop = (target * height) / this.scale;
    else if ((target + 1) * height > top + seen) this.view.scrollTop = ((target + 1) * height - seen) / this.scale;
    this.render(true);
  }

  #key(event) {
    if (event.target.closest("input:not([type=checkbox]), select, textarea, .menu")) return;
    const inside = event.target !== this.element && event.target.closest("a, button");
    if (inside && ["Enter", " "].includes(event.key)) return;
    const page = Math.max(1, Math.floor(this.view.clientHeight / this.rowHeight) - 2);
    const row = this.source.get(this.active);
    switch (event.key) {
    case "ArrowDown": this.move(this.active + 1, event.shiftKey); break;
    case "ArrowUp": this.move(this.active - 1, event.shiftKey); break;
    case "PageDown": this.move(this.active + page, event.shiftKey); break;
    case "PageUp": this.move(this.active - page, event.shiftKey); break;
    case "Home": this.move(0, event.shiftKey); break;
    case "End": this.move(this.source.count - 1, event.shiftKey); break;
    case "Enter": if (row) this.open?.(row); break;
    case " ": if (row && this.selectable) { this.selection.toggle(row); this.render(true); } break;
    case "a": if (!(event.ctrlKey || event.metaKey) || !this.selectable) return; this.toggleAll(); break;
    default: if (!this.onKey?.(event, row)) return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
