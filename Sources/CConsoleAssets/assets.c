#include "CConsoleAssets.h"

// Each file of Sources/Console/Assets, as list.py writes it: a test holds the two against each other.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t app_js[] = {
#embed "../Console/Assets/app.js"
};
static const uint8_t boot_js[] = {
#embed "../Console/Assets/boot.js"
};
static const uint8_t console_css[] = {
#embed "../Console/Assets/console.css"
};
static const uint8_t icons_svg[] = {
#embed "../Console/Assets/icons.svg"
};
static const uint8_t index_html[] = {
#embed "../Console/Assets/index.html"
};
static const uint8_t lib_api_js[] = {
#embed "../Console/Assets/lib/api.js"
};
static const uint8_t lib_content_type_js[] = {
#embed "../Console/Assets/lib/content-type.js"
};
static const uint8_t lib_customer_key_js[] = {
#embed "../Console/Assets/lib/customer-key.js"
};
static const uint8_t lib_dom_js[] = {
#embed "../Console/Assets/lib/dom.js"
};
static const uint8_t lib_format_js[] = {
#embed "../Console/Assets/lib/format.js"
};
static const uint8_t lib_grid_js[] = {
#embed "../Console/Assets/lib/grid.js"
};
static const uint8_t lib_i18n_js[] = {
#embed "../Console/Assets/lib/i18n.js"
};
static const uint8_t lib_listing_js[] = {
#embed "../Console/Assets/lib/listing.js"
};
static const uint8_t lib_queue_js[] = {
#embed "../Console/Assets/lib/queue.js"
};
static const uint8_t lib_router_js[] = {
#embed "../Console/Assets/lib/router.js"
};
static const uint8_t lib_search_js[] = {
#embed "../Console/Assets/lib/search.js"
};
static const uint8_t lib_selection_js[] = {
#embed "../Console/Assets/lib/selection.js"
};
static const uint8_t lib_send_js[] = {
#embed "../Console/Assets/lib/send.js"
};
static const uint8_t lib_shortcuts_js[] = {
#embed "../Console/Assets/lib/shortcuts.js"
};
static const uint8_t lib_store_js[] = {
#embed "../Console/Assets/lib/store.js"
};
static const uint8_t lib_transfer_js[] = {
#embed "../Console/Assets/lib/transfer.js"
};
static const uint8_t lib_unfinished_js[] = {
#embed "../Console/Assets/lib/unfinished.js"
};
static const uint8_t mark_svg[] = {
#embed "../Console/Assets/mark.svg"
};
static const uint8_t pages_activity_js[] = {
#embed "../Console/Assets/pages/activity.js"
};
static const uint8_t pages_bucket_create_js[] = {
#embed "../Console/Assets/pages/bucket-create.js"
};
static const uint8_t pages_buckets_js[] = {
#embed "../Console/Assets/pages/buckets.js"
};
static const uint8_t pages_customer_download_js[] = {
#embed "../Console/Assets/pages/customer-download.js"
};
static const uint8_t pages_diagnostics_js[] = {
#embed "../Console/Assets/pages/diagnostics.js"
};
static const uint8_t pages_identity_access_keys_js[] = {
#embed "../Console/Assets/pages/identity-access-keys.js"
};
static const uint8_t pages_identity_attach_js[] = {
#embed "../Console/Assets/pages/identity-attach.js"
};
static const uint8_t pages_identity_groups_js[] = {
#embed "../Console/Assets/pages/identity-groups.js"
};
static const uint8_t pages_identity_policies_js[] = {
#embed "../Console/Assets/pages/identity-policies.js"
};
static const uint8_t pages_identity_users_js[] = {
#embed "../Console/Assets/pages/identity-users.js"
};
static const uint8_t pages_identity_js[] = {
#embed "../Console/Assets/pages/identity.js"
};
static const uint8_t pages_key_import_js[] = {
#embed "../Console/Assets/pages/key-import.js"
};
static const uint8_t pages_key_service_js[] = {
#embed "../Console/Assets/pages/key-service.js"
};
static const uint8_t pages_key_js[] = {
#embed "../Console/Assets/pages/key.js"
};
static const uint8_t pages_keys_js[] = {
#embed "../Console/Assets/pages/keys.js"
};
static const uint8_t pages_login_js[] = {
#embed "../Console/Assets/pages/login.js"
};
static const uint8_t pages_object_copy_js[] = {
#embed "../Console/Assets/pages/object-copy.js"
};
static const uint8_t pages_object_delete_js[] = {
#embed "../Console/Assets/pages/object-delete.js"
};
static const uint8_t pages_object_edit_js[] = {
#embed "../Console/Assets/pages/object-edit.js"
};
static const uint8_t pages_object_sections_js[] = {
#embed "../Console/Assets/pages/object-sections.js"
};
static const uint8_t pages_object_versions_js[] = {
#embed "../Console/Assets/pages/object-versions.js"
};
static const uint8_t pages_object_js[] = {
#embed "../Console/Assets/pages/object.js"
};
static const uint8_t pages_objects_actions_js[] = {
#embed "../Console/Assets/pages/objects-actions.js"
};
static const uint8_t pages_objects_columns_js[] = {
#embed "../Console/Assets/pages/objects-columns.js"
};
static const uint8_t pages_objects_rewind_js[] = {
#embed "../Console/Assets/pages/objects-rewind.js"
};
static const uint8_t pages_objects_js[] = {
#embed "../Console/Assets/pages/objects.js"
};
static const uint8_t pages_overview_js[] = {
#embed "../Console/Assets/pages/overview.js"
};
static const uint8_t pages_preview_js[] = {
#embed "../Console/Assets/pages/preview.js"
};
static const uint8_t pages_proof_js[] = {
#embed "../Console/Assets/pages/proof.js"
};
static const uint8_t pages_settings_access_js[] = {
#embed "../Console/Assets/pages/settings-access.js"
};
static const uint8_t pages_settings_cors_js[] = {
#embed "../Console/Assets/pages/settings-cors.js"
};
static const uint8_t pages_settings_document_js[] = {
#embed "../Console/Assets/pages/settings-document.js"
};
static const uint8_t pages_settings_encryption_js[] = {
#embed "../Console/Assets/pages/settings-encryption.js"
};
static const uint8_t pages_settings_events_js[] = {
#embed "../Console/Assets/pages/settings-events.js"
};
static const uint8_t pages_settings_lifecycle_js[] = {
#embed "../Console/Assets/pages/settings-lifecycle.js"
};
static const uint8_t pages_settings_quota_js[] = {
#embed "../Console/Assets/pages/settings-quota.js"
};
static const uint8_t pages_settings_save_js[] = {
#embed "../Console/Assets/pages/settings-save.js"
};
static const uint8_t pages_settings_tags_js[] = {
#embed "../Console/Assets/pages/settings-tags.js"
};
static const uint8_t pages_settings_versioning_js[] = {
#embed "../Console/Assets/pages/settings-versioning.js"
};
static const uint8_t pages_settings_js[] = {
#embed "../Console/Assets/pages/settings.js"
};
static const uint8_t pages_share_js[] = {
#embed "../Console/Assets/pages/share.js"
};
static const uint8_t pages_shares_js[] = {
#embed "../Console/Assets/pages/shares.js"
};
static const uint8_t pages_tasks_js[] = {
#embed "../Console/Assets/pages/tasks.js"
};
static const uint8_t pages_upload_js[] = {
#embed "../Console/Assets/pages/upload.js"
};
static const uint8_t pages_uploads_js[] = {
#embed "../Console/Assets/pages/uploads.js"
};
static const uint8_t parts_breadcrumb_js[] = {
#embed "../Console/Assets/parts/breadcrumb.js"
};
static const uint8_t parts_customer_key_js[] = {
#embed "../Console/Assets/parts/customer-key.js"
};
static const uint8_t parts_dialog_js[] = {
#embed "../Console/Assets/parts/dialog.js"
};
static const uint8_t parts_dock_js[] = {
#embed "../Console/Assets/parts/dock.js"
};
static const uint8_t parts_drop_js[] = {
#embed "../Console/Assets/parts/drop.js"
};
static const uint8_t parts_encryption_js[] = {
#embed "../Console/Assets/parts/encryption.js"
};
static const uint8_t parts_fields_js[] = {
#embed "../Console/Assets/parts/fields.js"
};
static const uint8_t parts_json_editor_js[] = {
#embed "../Console/Assets/parts/json-editor.js"
};
static const uint8_t parts_jump_js[] = {
#embed "../Console/Assets/parts/jump.js"
};
static const uint8_t parts_menu_js[] = {
#embed "../Console/Assets/parts/menu.js"
};
static const uint8_t parts_page_head_js[] = {
#embed "../Console/Assets/parts/page-head.js"
};
static const uint8_t parts_pairs_js[] = {
#embed "../Console/Assets/parts/pairs.js"
};
static const uint8_t parts_shell_js[] = {
#embed "../Console/Assets/parts/shell.js"
};
static const uint8_t parts_shortcut_list_js[] = {
#embed "../Console/Assets/parts/shortcut-list.js"
};
static const uint8_t parts_states_js[] = {
#embed "../Console/Assets/parts/states.js"
};
static const uint8_t parts_toast_js[] = {
#embed "../Console/Assets/parts/toast.js"
};
static const uint8_t styles_base_css[] = {
#embed "../Console/Assets/styles/base.css"
};
static const uint8_t styles_pages_css[] = {
#embed "../Console/Assets/styles/pages.css"
};
static const uint8_t styles_parts_css[] = {
#embed "../Console/Assets/styles/parts.css"
};
static const uint8_t styles_shell_css[] = {
#embed "../Console/Assets/styles/shell.css"
};
static const uint8_t styles_tokens_css[] = {
#embed "../Console/Assets/styles/tokens.css"
};
static const uint8_t texts_en_js[] = {
#embed "../Console/Assets/texts/en.js"
};

#define ASSET(name, bytes) {name, bytes, sizeof bytes}

static const coffer_asset assets[] = {
    ASSET("app.js", app_js),
    ASSET("boot.js", boot_js),
    ASSET("console.css", console_css),
    ASSET("icons.svg", icons_svg),
    ASSET("index.html", index_html),
    ASSET("lib/api.js", lib_api_js),
    ASSET("lib/content-type.js", lib_content_type_js),
    ASSET("lib/customer-key.js", lib_customer_key_js),
    ASSET("lib/dom.js", lib_dom_js),
    ASSET("lib/format.js", lib_format_js),
    ASSET("lib/grid.js", lib_grid_js),
    ASSET("lib/i18n.js", lib_i18n_js),
    ASSET("lib/listing.js", lib_listing_js),
    ASSET("lib/queue.js", lib_queue_js),
    ASSET("lib/router.js", lib_router_js),
    ASSET("lib/search.js", lib_search_js),
    ASSET("lib/selection.js", lib_selection_js),
    ASSET("lib/send.js", lib_send_js),
    ASSET("lib/shortcuts.js", lib_shortcuts_js),
    ASSET("lib/store.js", lib_store_js),
    ASSET("lib/transfer.js", lib_transfer_js),
    ASSET("lib/unfinished.js", lib_unfinished_js),
    ASSET("mark.svg", mark_svg),
    ASSET("pages/activity.js", pages_activity_js),
    ASSET("pages/bucket-create.js", pages_bucket_create_js),
    ASSET("pages/buckets.js", pages_buckets_js),
    ASSET("pages/customer-download.js", pages_customer_download_js),
    ASSET("pages/diagnostics.js", pages_diagnostics_js),
    ASSET("pages/identity-access-keys.js", pages_identity_access_keys_js),
    ASSET("pages/identity-attach.js", pages_identity_attach_js),
    ASSET("pages/identity-groups.js", pages_identity_groups_js),
    ASSET("pages/identity-policies.js", pages_identity_policies_js),
    ASSET("pages/identity-users.js", pages_identity_users_js),
    ASSET("pages/identity.js", pages_identity_js),
    ASSET("pages/key-import.js", pages_key_import_js),
    ASSET("pages/key-service.js", pages_key_service_js),
    ASSET("pages/key.js", pages_key_js),
    ASSET("pages/keys.js", pages_keys_js),
    ASSET("pages/login.js", pages_login_js),
    ASSET("pages/object-copy.js", pages_object_copy_js),
    ASSET("pages/object-delete.js", pages_object_delete_js),
    ASSET("pages/object-edit.js", pages_object_edit_js),
    ASSET("pages/object-sections.js", pages_object_sections_js),
    ASSET("pages/object-versions.js", pages_object_versions_js),
    ASSET("pages/object.js", pages_object_js),
    ASSET("pages/objects-actions.js", pages_objects_actions_js),
    ASSET("pages/objects-columns.js", pages_objects_columns_js),
    ASSET("pages/objects-rewind.js", pages_objects_rewind_js),
    ASSET("pages/objects.js", pages_objects_js),
    ASSET("pages/overview.js", pages_overview_js),
    ASSET("pages/preview.js", pages_preview_js),
    ASSET("pages/proof.js", pages_proof_js),
    ASSET("pages/settings-access.js", pages_settings_access_js),
    ASSET("pages/settings-cors.js", pages_settings_cors_js),
    ASSET("pages/settings-document.js", pages_settings_document_js),
    ASSET("pages/settings-encryption.js", pages_settings_encryption_js),
    ASSET("pages/settings-events.js", pages_settings_events_js),
    ASSET("pages/settings-lifecycle.js", pages_settings_lifecycle_js),
    ASSET("pages/settings-quota.js", pages_settings_quota_js),
    ASSET("pages/settings-save.js", pages_settings_save_js),
    ASSET("pages/settings-tags.js", pages_settings_tags_js),
    ASSET("pages/settings-versioning.js", pages_settings_versioning_js),
    ASSET("pages/settings.js", pages_settings_js),
    ASSET("pages/share.js", pages_share_js),
    ASSET("pages/shares.js", pages_shares_js),
    ASSET("pages/tasks.js", pages_tasks_js),
    ASSET("pages/upload.js", pages_upload_js),
    ASSET("pages/uploads.js", pages_uploads_js),
    ASSET("parts/breadcrumb.js", parts_breadcrumb_js),
    ASSET("parts/customer-key.js", parts_customer_key_js),
    ASSET("parts/dialog.js", parts_dialog_js),
    ASSET("parts/dock.js", parts_dock_js),
    ASSET("parts/drop.js", parts_drop_js),
    ASSET("parts/encryption.js", parts_encryption_js),
    ASSET("parts/fields.js", parts_fields_js),
    ASSET("parts/json-editor.js", parts_json_editor_js),
    ASSET("parts/jump.js", parts_jump_js),
    ASSET("parts/menu.js", parts_menu_js),
    ASSET("parts/page-head.js", parts_page_head_js),
    ASSET("parts/pairs.js", parts_pairs_js),
    ASSET("parts/shell.js", parts_shell_js),
    ASSET("parts/shortcut-list.js", parts_shortcut_list_js),
    ASSET("parts/states.js", parts_states_js),
    ASSET("parts/toast.js", parts_toast_js),
    ASSET("styles/base.css", styles_base_css),
    ASSET("styles/pages.css", styles_pages_css),
    ASSET("styles/parts.css", styles_parts_css),
    ASSET("styles/shell.css", styles_shell_css),
    ASSET("styles/tokens.css", styles_tokens_css),
    ASSET("texts/en.js", texts_en_js),
};

const size_t coffer_console_asset_count = sizeof assets / sizeof *assets;

coffer_asset coffer_console_asset(size_t index) { return assets[index]; }
