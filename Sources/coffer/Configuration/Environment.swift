import Glibc

/// The server's environment, with MinIO's rules of precedence applied.
///
/// A name is asked for without its prefix: `COFFER_NAME` wins over `MINIO_NAME`. A configuration file's lines override the
/// real environment, as MinIO does it.
struct Environment: Sendable {
    private(set) var variables: [String: String]

    /// Reads the process's variables, once: the values of secret ones are overwritten where the system has put them, and
    /// where they would stay readable for as long as the process runs.
    static func ofProcess() throws(StartFailure) -> Environment {
        var variables: [String: String] = [:]
        var entry = environ
        while let pointer = entry.pointee {
            let pair = String(cString: pointer)
            if let sign = pair.utf8.firstIndex(of: UInt8(ascii: "=")) {
                let name = String(pair[..<sign])
                variables[name] = String(pair[pair.utf8.index(after: sign)...])
                if KnownVariables.areSecret(name) {
                    let value = pointer + name.utf8.count + 1
                    explicit_bzero(value, strlen(value))
                }
            }
            entry += 1
        }
        return try Environment(variables)
    }

    init(_ variables: [String: String]) throws(StartFailure) {
        self.variables = variables
        // A file that does not exist is no file: container images always define the variable.
        guard let path = value("CONFIG_ENV_FILE"), let text = try Self.contents(of: path) else { return }
        let lines = try EnvironmentFile.parse(text, name: path)
        // What stands in the file goes before a file that the real environment names for the same thing.
        for (key, _) in lines { self.variables["\(key)_FILE"] = nil }
        for (key, value) in lines { self.variables[key] = value }
    }

    /// With further variables, named without prefix, where the environment says nothing of them.
    func completed(with settings: [String: String]) -> Environment {
        var environment = self
        for (name, value) in settings where self.value(name) == nil { environment.variables["MINIO_\(name)"] = value }
        return environment
    }

    /// The same without what is secret: of an address that may have a password in it only that there is one.
    var withoutSecrets: Environment {
        var environment = self
        for name in variables.keys where KnownVariables.areSecret(name) {
            environment.variables[name] = name.contains("_ENDPOINT") ? "http://localhost" : nil
        }
        return environment
    }

    /// What is set for this server, by names without prefix; of what is secret only that it is there.
    func values(redactedAs redacted: String) -> [String: String] {
        var values: [String: String] = [:]
        // The later one wins.
        for prefix in ["MINIO_", "COFFER_"] {
            for (name, value) in variables where name.hasPrefix(prefix) && !value.isEmpty {
                values[String(name.dropFirst(prefix.count))] = KnownVariables.areSecret(name) ? redacted : value
            }
        }
        return values
    }

    /// `COFFER_NAME`, else `MINIO_NAME`; an empty value counts as unset.
    func value(_ name: String) -> String? {
        for prefix in ["COFFER_", "MINIO_"] {
            if let value = variables[prefix + name], !value.isEmpty { return value }
        }
        return nil
    }

    /// A value that may stand in a file named by `NAME_FILE`, which overrides the plain variable (MinIO's rule).
    ///
    /// A file that does not exist counts as unset.
    func secret(_ name: String) throws(StartFailure) -> String? {
        try secret(name) { (_, _) throws(StartFailure) in }
    }

    /// As ``secret(_:)``, for a master key: a file that is named by its path must exist.
    ///
    /// Without its key the server would make one of its own. A name without a slash is that of a container's secret; images
    /// define those whether there is such a secret or not.
    func key(_ name: String) throws(StartFailure) -> String? {
        try secret(name) { (variable, path) throws(StartFailure) in
            if path.contains("/") { throw StartFailure("\(variable): there is no file \(path)") }
        }
    }

    private func secret(
        _ name: String, whereFileIsMissing missing: (String, String) throws(StartFailure) -> Void
    ) throws(StartFailure) -> String? {
        for prefix in ["COFFER_", "MINIO_"] {
            if let path = variables["\(prefix)\(name)_FILE"], !path.isEmpty {
                if let text = try Self.contents(of: path) { return text }
                if !path.contains("/"), let text = try Self.contents(of: "/run/secrets/\(path)") { return text }
                try missing("\(prefix)\(name)_FILE", path)
            }
            if let value = variables[prefix + name], !value.isEmpty { return value }
        }
        return nil
    }

    func isOn(_ name: String) throws(StartFailure) -> Bool {
        guard let value = value(name) else { return false }
        switch value.lowercased() {
        case "on", "true", "1", "t", "yes", "enabled", "enable": return true
        case "off", "false", "0", "f", "no", "disabled", "disable": return false
        default: throw StartFailure("\(name): \"\(value)\" is neither on nor off")
        }
    }

    /// `MINIO_*` variables that mean nothing here, for one warning.
    var unused: [String] {
        variables.filter { name, value in
            name.hasPrefix("MINIO_") && !value.isEmpty && !KnownVariables.contains(String(name.dropFirst(6)))
        }.keys.sorted()
    }

    /// The file's text without surrounding white space; `nil` when there is none.
    static func contents(of path: String) throws(StartFailure) -> String? {
        guard let file = fopen(path, "r") else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw StartFailure("\(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        let text = String(decoding: bytes.prefix(count), as: UTF8.self)
        let end = text.lastIndex { !$0.isWhitespace }
        return end.map { String(text[...$0].drop(while: \.isWhitespace)) } ?? ""
    }
}

enum KnownVariables {
    /// Whether the values of this variable, with either prefix, are secret.
    static func areSecret(_ variable: String) -> Bool {
        ["COFFER_", "MINIO_"].contains { prefix in
            guard variable.hasPrefix(prefix) else { return false }
            let name = String(variable.dropFirst(prefix.count))
            return secrets.contains(name) || WebhookVariables.areSecret(name)
        }
    }

    /// Whether this server reads a variable, named without prefix.
    static func contains(_ name: String) -> Bool {
        names.contains(name) || ownNames.contains(name) || IdentityVariables.names.contains(name)
            || WebhookVariables.contains(name)
    }

    private static let secrets: Set<String> = [
        "ROOT_PASSWORD", "SECRET_KEY", "KMS_SECRET_KEY", "KMS_MASTER_KEY", "FORMER_KMS_SECRET_KEY", "KMS_KES_API_KEY",
        "KMS_KES_KEY_PASSWORD", "CERT_PASSWD",
    ]

    /// What only this server reads, without prefix.
    private static let ownNames: Set<String> = [
        "ACCESS_LOG", "AUDIT_FILE", "ETAG", "JOURNAL_SOCKET", "KEYRING", "FORMER_KEYRING", "FORMER_KMS_SECRET_KEY",
        "FORMER_KMS_SECRET_KEY_FILE", "LIFECYCLE_DAY", "LOG_LEVEL", "ROLLBACK_ANCHOR", "SCRUB_CYCLE", "SIGV2",
        "TRUSTED_PROXIES",
        "TRUSTED_PROXY_HEADER", "HTTP_BODY_MIB", "HTTP_BODY_STALL_SECONDS",
        "HTTP_CONNECTIONS", "HTTP_CONNECTIONS_PER_PEER", "HTTP_EVENT_LOOPS", "HTTP_HEADER_COUNT", "HTTP_HEAD_BYTES",
        "HTTP_HEAD_SECONDS", "HTTP_IDLE_SECONDS", "HTTP_MINIMUM_RATE", "HTTP_WRITE_STALL_SECONDS",
    ]

    /// What MinIO's server reads too, without prefix; a test compares both with what the program asks for.
    static let names: Set<String> = [
        "ROOT_USER", "ROOT_PASSWORD", "ROOT_USER_FILE", "ROOT_PASSWORD_FILE", "ACCESS_KEY", "SECRET_KEY",
        "ACCESS_KEY_FILE", "SECRET_KEY_FILE", "VOLUMES", "ARGS", "OPTS", "ADDRESS", "CONSOLE_ADDRESS",
        "BROWSER", "BROWSER_REDIRECT_URL", "SERVER_URL",
        "CONFIG_ENV_FILE",
        "SITE_REGION", "REGION", "REGION_NAME", "DOMAIN", "CERTS_DIR", "KMS_SECRET_KEY", "KMS_SECRET_KEY_FILE",
        "KMS_MASTER_KEY", "KMS_MASTER_KEY_FILE", "KMS_AUTO_ENCRYPTION", "KMS_REQUIRED", "KMS_KES_ENDPOINT",
        "KMS_KES_KEY_NAME", "KMS_KES_CERT_FILE", "KMS_KES_KEY_FILE", "KMS_KES_KEY_PASSWORD", "KMS_KES_API_KEY",
        "KMS_KES_CAPATH", "KMS_KES_ENCLAVE", "CERT_PASSWD", "API_CORS_ALLOW_ORIGIN",
        "API_STALE_UPLOADS_EXPIRY", "API_STALE_UPLOADS_CLEANUP_INTERVAL", "API_REQUESTS_MAX", "API_CLUSTER_DEADLINE",
        "API_REQUESTS_DEADLINE", "SCANNER_SPEED", "BATCH_KEYROTATION_WORKERS_WAIT", "BATCH_EXPIRATION_WORKERS_WAIT",
        "API_ROOT_ACCESS", "API_OBJECT_MAX_VERSIONS", "PROMETHEUS_AUTH_TYPE",
    ]
}
