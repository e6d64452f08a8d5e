// The columns of a listing of objects.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { bytes, exact, lastPart, visible, when } from "../lib/format.js";

const PICTURES = /\.(png|jpe?g|gif|webp|avif|svg|bmp|ico)$/i;

/** `listing()`: the one that is shown; `whole`: keys in full, as a search gives them; `versions`: one row per version. */
export function objectColumns({ listing, prefix, whole, versions }) {
  const sort = versions || whole ? undefined : () => (listing().sortable ? null : t("objects.noSort"));
  return [
    { id: "key", label: t("objects.name"), width: "minmax(160px, 3fr)", sort: versions || whole ? undefined : true, fill: (cell, row) => {
      const name = whole ? row.key.slice(prefix().length) : lastPart(row.key);
      fill(cell, h("div.name-cell", icon(row.folder ? "folder" : row.deleteMarker ? "trash" : PICTURES.test(row.key) ? "eye" : "file"),
        h("bdi.name", { title: visible(row.key) }, visible(name) || "/"), row.deleteMarker && h("span.badge", t("objects.deleted"))));
    } },
    versions && { id: "version", label: t("objects.version"), width: "minmax(120px, 1fr)", from: 620, fill: (cell, row) => fill(cell, row.version && [h("code", row.version.slice(0, 12)), row.latest && h("span.badge.info.spaced", t("objects.latest"))]) },
    { id: "size", label: t("objects.size"), width: "84px", align: "right", sort, from: 300, fill: (cell, row) => { cell.textContent = row.folder || row.deleteMarker ? "–" : bytes(row.size); cell.title = row.size === undefined ? "" : `${row.size} B`; } },
    { id: "modified", label: t("objects.modified"), width: "120px", sort, from: 520, fill: (cell, row) => { cell.textContent = when(row.modified); cell.title = exact(row.modified); } },
    { id: "encryption", label: t("objects.encryption"), width: "36px", from: 420, fill: (cell, row) => fill(cell, row.scheme && scheme(row, false)) },
    { id: "key-name", label: t("objects.key"), width: "minmax(110px, 1fr)", from: 860, fill: (cell, row) => fill(cell, row.scheme && h("span", h("bdi", visible(row.keyId ?? row.scheme)))) },
  ].filter(Boolean);
}

function scheme(row) {
  const words = row.keyId ? `${row.scheme} · ${visible(row.keyId)}` : row.scheme;
  return h("span.scheme", { title: words, role: "img", "aria-label": words }, icon(row.keyId ? "key" : "lock"));
}
