// Saves one setting of a bucket, unless another has changed it meanwhile.

import { t } from "../lib/i18n.js";
import { ApiError, put } from "../lib/api.js";
import { toast } from "../parts/toast.js";

/** Resolves with the setting as the server has it now. */
export async function saveSetting(bucket, name, setting, value) {
  try {
    const saved = await put(`bucket/${name}`, { value }, { query: { b: bucket }, headers: setting?.etag ? { "If-Match": setting.etag } : {} });
    toast(t("settings.saved", { what: t(`setting.${name}`) }));
    return saved ?? {};
  } catch (error) {
    if (error.status === 412) throw new ApiError(412, { ...error.body, message: t("settings.changed") });
    throw error;
  }
}
