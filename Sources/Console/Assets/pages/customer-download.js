// Download of an object under a customer's key: the key goes in a header, which no link has, so the page fetches it.

import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { address, failure } from "../lib/api.js";
import { bytes, lastPart, visible } from "../lib/format.js";
import { toast } from "../parts/toast.js";

/** The whole is in memory before it is saved. */
const LARGEST = 1 << 29;

export async function downloadWithKey(drawer, object) {
  if (object.size > LARGEST) return toast(t("customer.large", { bytes: bytes(LARGEST) }), { kind: "warn" });
  try {
    const response = await fetch(address("download", { b: drawer.bucket, k: object.key, v: drawer.version }), { headers: drawer.customer });
    if (!response.ok) throw await failure(response);
    const url = URL.createObjectURL(await response.blob());
    const link = h("a", { href: url, download: lastPart(object.key) });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  } catch (error) {
    toast(visible(error.message), { kind: "danger" });
  }
  return undefined;
}
