// What an object looks like: in the server's sandbox, never as a part of this page.

import { h, icon, fill } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { address, failure } from "../lib/api.js";
import { bytes, lastPart, visible } from "../lib/format.js";
import { openDialog } from "../parts/dialog.js";
import { failed, skeleton } from "../parts/states.js";

const TEXT_LIMIT = 262_144;

export function previewObject(drawer, object) {
  const url = address("preview", { b: drawer.bucket, k: object.key, v: drawer.version });
  const place = h("div.preview");
  const { kind } = object.preview;
  const broken = () => fill(place, h("p.muted", t("preview.broken")));
  if (kind === "image") fill(place, h("img.preview-image", { src: url, alt: visible(lastPart(object.key)), on: { error: broken } }));
  else if (kind === "audio") fill(place, h("audio", { src: url, controls: true, on: { error: broken } }));
  else if (kind === "video") fill(place, h("video.preview-image", { src: url, controls: true, on: { error: broken } }));
  else if (kind === "pdf") fill(place, h("iframe.preview-frame", { src: url, title: visible(lastPart(object.key)) }));
  else text(place, url, object);
  return openDialog({ title: visible(lastPart(object.key)), wide: true, className: "preview-dialog", cancel: t("action.close"), body: place, extra: [
    h("a.button", { href: url, target: "_blank", rel: "noopener" }, icon("external"), t("preview.open")),
    h("a.button", { href: address("download", { b: drawer.bucket, k: object.key, v: drawer.version }), download: "" }, icon("download"), t("object.download"))] });
}

async function text(place, url, object) {
  fill(place, skeleton(6));
  try {
    const response = await fetch(url, object.size > TEXT_LIMIT ? { headers: { Range: `bytes=0-${TEXT_LIMIT - 1}` } } : {});
    if (!response.ok) throw await failure(response);
    const content = await response.text();
    fill(place, h("pre.preview-text", { tabIndex: 0 }, content.replace(/[^\n\t]+/g, (line) => visible(line))), object.size > TEXT_LIMIT && h("p.muted", t("preview.part", { part: bytes(TEXT_LIMIT), whole: bytes(object.size) })));
  } catch (error) {
    fill(place, failed(error));
  }
}
