// The tags of a bucket.

import { t } from "../lib/i18n.js";
import { openDialog } from "../parts/dialog.js";
import { pairsEditor } from "../parts/pairs.js";
import { saveSetting } from "./settings-save.js";

export function editBucketTags(bucket, setting) {
  const editor = pairsEditor(setting.value ?? {}, { limit: 50 });
  return openDialog({
    title: t("tags.bucketTitle"), body: [editor.element],
    submit: { label: t("action.save"), action: () => {
      const tags = editor.read();
      return saveSetting(bucket, "tags", setting, Object.keys(tags).length === 0 ? null : tags);
    } },
  });
}
