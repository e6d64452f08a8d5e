// The objects under a prefix of a bucket.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { has, rights } from "../lib/api.js";
import { exact, number, visible } from "../lib/format.js";
import { go, href } from "../lib/router.js";
import { Grid } from "../lib/grid.js";
import { Listing } from "../lib/listing.js";
import { Search } from "../lib/search.js";
import { pageKeys } from "../lib/shortcuts.js";
import { breadcrumb } from "../parts/breadcrumb.js";
import { filterBox } from "../parts/page-head.js";
import { empty, failed, skeleton } from "../parts/states.js";
import { dropTarget } from "../parts/drop.js";
import { menuButton } from "../parts/menu.js";
import { views } from "./settings.js";
import { objectColumns } from "./objects-columns.js";
import { deleteSelection, selectionBar } from "./objects-actions.js";
import { ObjectDrawer } from "./object.js";
import { chooseTime, rewindBar, rewindNote } from "./objects-rewind.js";
import { chooseUpload, createPath, uploadMenu } from "./upload.js";
import { onStored } from "../lib/queue.js";

const ACTIONS = ["s3:PutObject", "s3:DeleteObject", "s3:GetObject", "s3:ListBucketVersions"];

export async function page({ path, query, signal }) {
  const bucket = path[1];
  const view = new ObjectsPage(bucket, signal);
  await view.go(query, true);
  return { title: bucket, element: view.element, update: (route) => { view.go(route.query); return true; } };
}

class ObjectsPage {
  constructor(bucket, signal) {
    this.bucket = bucket;
    this.signal = signal;
    this.may = {};
    this.sort = { by: "key", down: false };
    this.crumbs = h("div.grow");
    this.tools = h("div.actions");
    this.note = h("div.list-note", { "aria-live": "polite" });
    this.gridPlace = h("div.grid-place");
    this.bar = h("div");
    this.drawer = new ObjectDrawer({ bucket, close: () => this.#open(null), changed: () => this.refresh(), signal });
    this.element = h("div.page.fixed",
      h("header.page-head", this.crumbs,
        h("a.icon-button#configure-bucket-main", { href: href(["buckets", bucket, "settings"]), "aria-label": t("bucket.configure"), title: t("bucket.configure") }, icon("gear")), views(bucket, "objects")),
      this.tools, this.note, h("div.split", h("div.split-main", this.gridPlace, this.bar), this.drawer.element));
    dropTarget(this.element, (entries) => !this.at && this.may["s3:PutObject"] !== false && has("PUT upload") && chooseUpload(this, entries), signal);
    pageKeys({ u: () => this.tools.querySelector("#upload-main")?.click(), Delete: () => this.#deleteSelected() }, signal);
    onStored((stored) => { if (stored.bucket === bucket) this.#soon(); }, signal);
  }

  /** Goes where the address says; only what has changed is loaded. */
  async go(query, first = false) {
    const prefix = query.get("prefix") ?? "";
    const versions = query.get("deleted") === "1" && has("GET objects");
    const search = query.get("search") ?? "";
    const at = query.get("at") ?? "";
    const moved = first || prefix !== this.prefix || versions !== this.versions || search !== this.search || at !== this.at;
    Object.assign(this, { prefix, versions, search, at });
    if (moved) {
      this.filter = "";
      await this.#load(first);
    }
    const key = query.get("o");
    if (key === null) this.drawer.hide();
    else this.drawer.show(key, query.get("v") ?? undefined);
    this.element.classList.toggle("with-drawer", key !== null);
  }

  async #load(first) {
    fill(this.crumbs, breadcrumb(this.bucket, this.prefix, this.at));
    const asked = rights({ b: this.bucket, prefix: this.prefix }, ACTIONS, this.signal).catch(() => ({}));
    this.grid = new Grid({
      label: t("objects.title", { name: this.bucket }), id: (row) => (row.version ? `${row.key}\u0000${row.version}` : row.key), selectable: !this.versions, sort: this.sort,
      columns: objectColumns({ listing: () => this.listing, prefix: () => this.prefix, whole: this.search !== "", versions: this.versions }), source: { count: 0, total: 0, get() {}, need() {} },
      open: (row) => this.#open(row), onSelection: () => this.#showBar(),
      onSort: (sort) => { this.sort = sort; this.listing.sort?.(sort); this.grid.render(true); },
      onKey: (event) => this.#key(event),
    });
    fill(this.gridPlace, this.grid.element);
    const listed = this.#list();
    const { grid } = this;
    const may = await asked;
    // Another prefix may have been opened meanwhile.
    if (grid !== this.grid) return;
    this.may = may;
    this.#showTools();
    const outcome = await listed;
    if (outcome && first && outcome.status === 404) throw outcome;
  }

  /** Lists anew; resolves with the error if there was one. */
  async #list({ keep = false } = {}) {
    const turn = this.turn = (this.turn ?? 0) + 1;
    this.stopList?.abort();
    this.stopList = new AbortController();
    this.signal.addEventListener("abort", () => this.stopList.abort());
    const options = { bucket: this.bucket, prefix: this.prefix, filter: this.filter, versions: this.versions, at: this.at, signal: this.stopList.signal };
    const listing = this.search ? new Search({ ...options, text: this.search }) : new Listing(options);
    const late = setTimeout(() => { if (!keep) this.grid.show({ count: 0, total: -1, get() {} }, { state: skeleton() }); }, 150);
    let problem = null;
    try {
      await listing.more();
    } catch (error) {
      if (error.name === "AbortError") return null;
      problem = error;
    } finally {
      clearTimeout(late);
    }
    if (turn !== this.turn || this.signal.aborted) return null;
    this.listing = listing;
    listing.changed = (error) => {
      this.listing.sort?.(this.sort);
      this.grid.render();
      this.#showNote(error);
    };
    listing.sort?.(this.sort);
    this.grid.selection.clear();
    this.grid.show(listing, { keep, state: problem ? failed(problem, () => this.refresh()) : listing.count === 0 && listing.done ? this.#empty() : null });
    this.#showNote();
    return problem;
  }

  refresh() {
    return this.#list({ keep: true });
  }

  #soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { if (!this.signal.aborted && this.grid.selection.size === 0) this.refresh(); }, 600);
  }

  #empty() {
    if (this.search) return empty(t("objects.noneFound", { text: visible(this.search), prefix: this.#where() }));
    if (this.at) return empty(t("rewind.none", { time: exact(this.at) }));
    if (this.filter) return empty(t("objects.noneMatch", { text: visible(this.filter) }), t("buckets.noneMatchText"));
    const may = this.may["s3:PutObject"] !== false && has("PUT upload");
    return empty(t("objects.none", { prefix: this.#where() }), may && t("objects.noneText"));
  }

  #where() {
    return visible(this.prefix === "" ? this.bucket : this.prefix);
  }

  #showTools() {
    const put = this.may["s3:PutObject"] !== false && has("PUT upload") && !this.at;
    const shown = h("button.button", { type: "button", id: "view-options" }, t("objects.view"), icon("down"));
    menuButton(shown, () => [
      { label: t("action.refresh"), icon: "refresh", action: () => this.refresh() },
      this.may["s3:ListBucketVersions"] && { label: t("objects.showDeleted"), icon: this.versions ? "check" : "blank", action: () => go(href(["buckets", this.bucket, "objects"], { prefix: this.prefix, deleted: this.versions ? "" : "1" })) },
      this.may["s3:ListBucketVersions"] && { label: t("rewind.menu"), icon: this.at ? "check" : "blank", action: () => chooseTime(this) },
      has("GET uploads") && { label: t("uploads.title"), icon: "clock", action: () => go(href(["buckets", this.bucket, "uploads"])) },
    ]);
    const upload = put && h("button.button.primary", { type: "button", id: "upload-main" }, t("upload.button"), icon("down"));
    if (upload) menuButton(upload, () => uploadMenu(this));
    fill(this.tools,
      this.search ? h("div.filter.chip", icon("search"), h("span.grow", t("search.for", { text: visible(this.search), prefix: this.#where() })), h("a.icon-button", { href: href(["buckets", this.bucket, "objects"], { prefix: this.prefix }), "aria-label": t("search.end") }, icon("close")))
        : filterBox(t("objects.filter", { prefix: this.#where() }), (text) => { this.filter = text; this.#list(); }),
      h("div.grow.wide-only"), h("button.button", { type: "button", on: { click: () => this.refresh() }, "aria-label": t("action.refresh") }, icon("refresh"), h("span.wide-only", t("action.refresh"))), shown,
      put && h("button.button.wide-only", { type: "button", on: { click: () => createPath(this) } }, t("upload.createPath")), upload);
  }

  #showNote(error) {
    const { listing } = this;
    const text = this.filter;
    fill(this.note, this.at && rewindNote(this),
      text && !this.search && !this.at && has("GET search") && h("a", { href: href(["buckets", this.bucket, "objects"], { prefix: this.prefix, search: text }) }, t("search.offer", { text: visible(text), prefix: this.#where() })),
      listing instanceof Search && h("span.muted", t(listing.done ? "search.done" : "search.running", { n: listing.count, shown: number(listing.count), examined: number(listing.examined) })),
      listing instanceof Search && !listing.done && h("button.button.small", { type: "button", on: { click: () => listing.stop() } }, icon("stop"), t("search.stop")),
      listing instanceof Search && listing.cut && h("span.muted", t("search.cut")),
      error && [h("span.danger-text", visible(error.message)), h("button.button.small", { type: "button", on: { click: () => { listing.problem = null; listing.more().then(() => listing.changed(), (again) => listing.changed(again)); } } }, t("action.retry"))],
      !error && !listing.done && !(listing instanceof Search) && h("span.muted", t("objects.partial", { n: listing.count, shown: number(listing.count) })));
  }

  #showBar() {
    fill(this.bar, this.at ? rewindBar(this) : selectionBar(this));
  }

  #deleteSelected() {
    if (!this.at && this.grid.selection.size > 0 && this.may["s3:DeleteObject"] !== false) deleteSelection(this);
  }

  #open(row) {
    const at = { prefix: this.prefix, deleted: this.versions ? "1" : "", search: this.search, at: this.at };
    if (row?.folder) go(href(["buckets", this.bucket, "objects"], { prefix: row.key, at: this.at }));
    else go(href(["buckets", this.bucket, "objects"], row ? { ...at, o: row.key, v: row.version } : at), { replace: true });
    if (!row) this.grid.element.focus();
    return true;
  }

  #key(event) {
    if (event.key === "Backspace") return this.#up();
    if (event.key !== "Escape") return false;
    if (!this.drawer.element.hidden) return this.#open(null);
    this.grid.selection.clear();
    return true;
  }

  #up() {
    if (this.prefix === "") return false;
    go(href(["buckets", this.bucket, "objects"], { prefix: this.prefix.slice(0, this.prefix.lastIndexOf("/", this.prefix.length - 2) + 1), at: this.at }));
    return true;
  }
}
