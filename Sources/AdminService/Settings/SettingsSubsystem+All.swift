extension SettingsSubsystem {
    /// All of them that MinIO has and a single drive can be asked for, in the order of its exports.
    ///
    /// A key of which this server knows nothing is in it all the same, for whoever brings a configuration along: it can only be
    /// what it is unless it is set.
    static let all: [SettingsSubsystem] = [
        SettingsSubsystem(
            "subnet", "The vendor's support network, which this server does not ask", isDynamic: true,
            [
                SettingsKey("license", "", "license", .string),
                SettingsKey("api_key", "", "key", .string),
                SettingsKey("proxy", "", "proxy", .url),
            ]),
        SettingsSubsystem(
            "callhome", "Reports to the vendor, which this server does not send", isDynamic: true,
            [
                SettingsKey("enable", "off", "send reports", .flag),
                SettingsKey("frequency", "24h", "how often", .duration),
            ]),
        SettingsSubsystem(
            "drive", "Waiting for the drive", isDynamic: true,
            [
                SettingsKey("max_timeout", "30s", "the longest that an operation may take", .duration)
            ]),
        SettingsSubsystem(
            "site", "The name and the region of the server",
            [
                SettingsKey("name", "", "a name of the site", .string),
                SettingsKey("region", "", "the region that signatures must name; empty for any", .string),
            ]),
        SettingsSubsystem(
            "region", "The region, by its former name",
            [
                SettingsKey("name", "", "see site", .string)
            ]),
        SettingsSubsystem(
            "api", "What S3 requests may do and take", isDynamic: true,
            [
                SettingsKey("requests_max", "0", "requests that are served at once; 0 for no bound", .number),
                SettingsKey("cluster_deadline", "10s", "how long a request beyond them waits", .duration),
                SettingsKey("cors_allow_origin", "*", "origins whose pages may use buckets without CORS rules", .csv),
                SettingsKey("remote_transport_deadline", "2h", "requests to other sites", .duration),
                SettingsKey("list_quorum", "strict", "drives that a listing asks", .string),
                SettingsKey("replication_priority", "auto", "replication", .string),
                SettingsKey("replication_max_workers", "500", "replication", .number),
                SettingsKey("replication_max_lrg_workers", "10", "replication", .number),
                SettingsKey("transition_workers", "100", "moves to other stores", .number),
                SettingsKey(
                    "stale_uploads_cleanup_interval", "6h", "how often uploads are looked for that nobody goes on with",
                    .duration),
                SettingsKey(
                    "stale_uploads_expiry", "", "how long after its last part an upload is removed; empty for never",
                    .duration),
                SettingsKey("delete_cleanup_interval", "5m", "how often deleted files are removed", .duration),
                SettingsKey("odirect", "on", "files past the page cache", .flag),
                SettingsKey("gzip_objects", "off", "compressed answers", .flag),
                SettingsKey("root_access", "on", "whether the root account may be used", .flag),
                SettingsKey("sync_events", "off", "events before the answer", .flag),
                SettingsKey("object_max_versions", "9223372036854775807", "versions that an object may have", .number),
            ]),
        SettingsSubsystem(
            "scanner", "The pace of background work", isDynamic: true,
            [
                SettingsKey(
                    "speed", "default",
                    "how much of the time lifecycle rules may take: slowest, slow, default, fast, fastest", .string),
                SettingsKey("alert_excess_versions", "100", "versions of an object that are told of", .int),
                SettingsKey("alert_excess_folders", "50000", "folders that are told of", .int),
            ]),
        SettingsSubsystem(
            "scrub", "The walk through everything at rest: Coffer's own", isDynamic: true,
            [
                SettingsKey(
                    "cycle", "720h", "how long it takes to go through all of the drive once; off for none", .duration)
            ]),
        SettingsSubsystem(
            "batch", "The pace of batch jobs", isDynamic: true,
            [
                SettingsKey("replication_workers_wait", "0ms", "replication", .duration),
                SettingsKey(
                    "keyrotation_workers_wait", "0ms", "the rest after each object of a key rotation", .duration),
                SettingsKey("expiration_workers_wait", "0ms", "the rest after each object of an expiration", .duration),
            ]),
        SettingsSubsystem(
            "compression", "Compression of objects, which this server does not do", isDynamic: true,
            [
                SettingsKey("enable", "off", "compress objects", .flag),
                SettingsKey("allow_encryption", "off", "encrypted ones too", .flag),
                SettingsKey("extensions", ".txt,.log,.csv,.json,.tar,.xml,.bin", "of which names", .csv),
                SettingsKey(
                    "mime_types", "text/*,application/json,application/xml,binary/octet-stream", "of which types", .csv),
            ]),
        SettingsSubsystem(
            "identity_openid", "Accounts of an OpenID provider", hasTargets: true,
            [
                SettingsKey("enable", "", "use it", .flag),
                SettingsKey("display_name", "", "its name", .string),
                SettingsKey("config_url", "", "its discovery document", .url),
                SettingsKey("client_id", "", "this server's name there", .string),
                SettingsKey("client_secret", "", "its secret there", .string),
                SettingsKey("claim_name", "policy", "the claim that names policies", .string),
                SettingsKey("claim_userinfo", "", "ask for further claims", .flag),
                SettingsKey("role_policy", "", "policies of all of its accounts", .string),
                SettingsKey("redirect_uri_dynamic", "off", "console", .flag),
                SettingsKey("scopes", "", "scopes", .csv),
                SettingsKey("vendor", "", "vendor", .string),
                SettingsKey("keycloak_realm", "", "keycloak", .string),
                SettingsKey("keycloak_admin_url", "", "keycloak", .string),
                SettingsKey("user_readable_claim", "", "claim", .string),
                SettingsKey("user_id_claim", "", "claim", .string),
            ]),
        SettingsSubsystem(
            "identity_ldap", "Accounts of a directory",
            [
                SettingsKey("enable", "", "use it", .flag),
                SettingsKey("server_addr", "", "its address", .string),
                SettingsKey("srv_record_name", "", "its DNS record", .string),
                SettingsKey("user_dn_search_base_dn", "", "users", .string),
                SettingsKey("user_dn_search_filter", "", "users", .string),
                SettingsKey("user_dn_attributes", "", "users", .string),
                SettingsKey("group_search_filter", "", "groups", .string),
                SettingsKey("group_search_base_dn", "", "groups", .string),
                SettingsKey("tls_skip_verify", "off", "TLS", .flag),
                SettingsKey("server_insecure", "off", "TLS", .flag),
                SettingsKey("server_starttls", "off", "TLS", .flag),
                SettingsKey("lookup_bind_dn", "", "who asks", .string),
                SettingsKey("lookup_bind_password", "", "its password", .string),
            ]),
        SettingsSubsystem(
            "identity_tls", "Accounts of client certificates",
            [
                SettingsKey("skip_verify", "off", "do not verify certificates", .flag)
            ]),
        SettingsSubsystem(
            "identity_plugin", "Accounts of a service of its own",
            [
                SettingsKey("url", "", "its address", .url),
                SettingsKey("auth_token", "", "its token", .string),
                SettingsKey("role_policy", "", "policies", .string),
                SettingsKey("role_id", "", "role", .string),
            ]),
        SettingsSubsystem(
            "policy_plugin", "Decisions of a service of its own",
            [
                SettingsKey("url", "", "its address", .url),
                SettingsKey("auth_token", "", "its token", .string),
                SettingsKey("enable_http2", "off", "HTTP/2", .flag),
            ]),
        SettingsSubsystem(
            "logger_webhook", "Log lines for a web server", hasTargets: true,
            [
                SettingsKey("enable", "off", "send them", .flag),
                SettingsKey("endpoint", "", "its address", .url, isRequired: true),
                SettingsKey("auth_token", "", "what stands in Authorization", .string),
                SettingsKey("client_cert", "", "certificate", .path),
                SettingsKey("client_key", "", "its key", .path),
                SettingsKey("proxy", "", "proxy", .url),
                SettingsKey("batch_size", "1", "lines of a request", .number),
                SettingsKey("queue_size", "100000", "lines that wait", .number),
                SettingsKey("queue_dir", "", "where they wait", .path),
                SettingsKey("max_retry", "0", "attempts; 0 for no bound", .number),
                SettingsKey("retry_interval", "3s", "between attempts", .duration),
                SettingsKey("http_timeout", "5s", "of one attempt", .duration),
            ]),
        SettingsSubsystem(
            "audit_webhook", "Records of all requests for a web server", hasTargets: true,
            [
                SettingsKey("enable", "off", "send them", .flag),
                SettingsKey("endpoint", "", "its address", .url, isRequired: true),
                SettingsKey("auth_token", "", "what stands in Authorization", .string),
                SettingsKey("client_cert", "", "certificate", .path),
                SettingsKey("client_key", "", "its key", .path),
                SettingsKey("batch_size", "1", "records of a request", .number),
                SettingsKey("queue_size", "100000", "records that wait", .number),
                SettingsKey("queue_dir", "", "where they wait", .path),
                SettingsKey("max_retry", "0", "attempts; 0 for no bound", .number),
                SettingsKey("retry_interval", "3s", "between attempts", .duration),
                SettingsKey("http_timeout", "5s", "of one attempt", .duration),
            ]),
        SettingsSubsystem(
            "notify_webhook", "Events for a web server", hasTargets: true,
            [
                SettingsKey("enable", "off", "send them", .flag),
                SettingsKey("endpoint", "", "its address", .url, isRequired: true),
                SettingsKey("auth_token", "", "what stands in Authorization", .string),
                SettingsKey("queue_limit", "0", "events that wait; 0 for the server's bound", .number),
                SettingsKey("queue_dir", "", "accepted; events wait on the drive", .path),
                SettingsKey("client_cert", "", "certificate", .path),
                SettingsKey("client_key", "", "its key", .path),
            ]),
        SettingsSubsystem(
            "etcd", "Names of buckets in etcd, which this server does not use",
            [
                SettingsKey("endpoints", "", "addresses", .csv),
                SettingsKey("path_prefix", "", "prefix", .path),
                SettingsKey("coredns_path", "/skydns", "path", .path),
                SettingsKey("client_cert", "", "certificate", .path),
                SettingsKey("client_cert_key", "", "its key", .path),
            ]),
        SettingsSubsystem(
            "browser", "Headers of the console, which this server has not", isDynamic: true,
            [
                SettingsKey(
                    "csp_policy",
                    "default-src 'self' 'unsafe-eval' 'unsafe-inline'; script-src 'self' https://unpkg.com;  connect-src 'self' https://unpkg.com;",
                    "header", .string),
                SettingsKey("hsts_seconds", "0", "header", .number),
                SettingsKey("hsts_include_subdomains", "off", "header", .flag),
                SettingsKey("hsts_preload", "off", "header", .flag),
                SettingsKey("referrer_policy", "strict-origin-when-cross-origin", "header", .string),
            ]),
        SettingsSubsystem(
            "ilm", "Threads for lifecycle rules", isDynamic: true,
            [
                SettingsKey("transition_workers", "100", "moves to other stores", .number),
                SettingsKey("expiration_workers", "100", "removals", .number),
            ]),
        SettingsSubsystem(
            "log", "From which level on the server logs: Coffer's own", isDynamic: true,
            [
                SettingsKey(
                    "level", "",
                    "a level, and those of parts: notice,http=debug; parts are server, http, requests, storage, kms, accounts, background, targets",
                    .csv)
            ]),
    ]
}
