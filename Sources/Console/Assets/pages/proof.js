// Proof at rest: the first bytes as they lie on the drive, beside what they mean and what one sees.

import { h, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { call } from "../lib/api.js";
import { bytes, number, visible } from "../lib/format.js";
import { failed, skeleton } from "../parts/states.js";

const SHOWN = 512;
const PER_LINE = 8;

export async function showProof(place, at, signal, headers) {
  fill(place, skeleton(4));
  try {
    const proof = await call("GET", "object/proof", { query: at, signal, headers });
    fill(place, draw(proof));
  } catch (error) {
    if (error.name !== "AbortError") fill(place, failed(error, () => showProof(place, at, signal, headers)));
  }
}

function decoded(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

function draw(proof) {
  const stored = decoded(proof.stored);
  const fields = (proof.fields ?? []).map((field, n) => ({ ...field, shade: n % 4 }));
  return h("div.proof",
    h("p.hint", t(`proof.where.${proof.where}`, { length: bytes(proof.fileLength), offset: number(proof.offset ?? 0) })),
    h("h4", t("proof.stored")), hex(stored, fields),
    fields.length > 0 && h("details.fold", { open: true }, h("summary", t("proof.fields")), h("table.table.field-table", h("tbody", fields.map((field) =>
      h("tr", h("td", h(`span.swatch.f${field.shade}`), visible(field.name)), h("td.right", t("proof.at", { from: field.offset, to: field.offset + field.length - 1 })), h("td", h("code.break", visible(field.value)))))))),
    proof.dataKey && h("p.hint", t("proof.dataKey"), " ", h("code.break", visible(proof.dataKey))),
    h("h4", t("proof.plain")),
    proof.plain === undefined ? h("p.muted", t("proof.noPlain")) : proof.plain === "" ? h("p.muted", t("proof.empty")) : hex(decoded(proof.plain), []));
}

/** Lines of eight bytes: offset, hexadecimal, text; `fields` are shaded. */
export function hex(data, fields) {
  const lines = [];
  const fieldAt = (n) => fields.find((field) => n >= field.offset && n < field.offset + field.length);
  for (let start = 0; start < Math.min(data.length, SHOWN); start += PER_LINE) {
    const cells = [];
    let text = "";
    for (let n = start; n < Math.min(start + PER_LINE, data.length, SHOWN); n += 1) {
      const byte = data[n];
      const field = fieldAt(n);
      const digits = byte.toString(16).padStart(2, "0");
      cells.push(field ? h(`span.f${field.shade}`, { title: visible(field.name) }, digits) : digits, " ");
      text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·";
    }
    lines.push(h("div.hex-line", h("span.hex-offset", start.toString(16).padStart(4, "0")), h("span.hex-bytes", cells), h("span.hex-text", text)));
  }
  return h("div.hex", { tabIndex: 0, role: "group", "aria-label": t("proof.hex", { n: Math.min(data.length, SHOWN) }) }, lines,
    data.length > SHOWN && h("p.caption.muted", t("proof.more", { shown: number(SHOWN), total: number(data.length) })));
}
