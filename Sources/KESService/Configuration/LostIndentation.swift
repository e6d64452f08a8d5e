/// Files that were copied from a printed guide, or a web page, and lost the blanks that their lines began with.
///
/// YAML takes such lines for keys of the level that they stand at, and what KES then says (“no keystore specified”) tells
/// nobody what is wrong.
enum LostIndentation {
    /// A key that stands beside the section that it belongs into.
    private struct Misplacement {
        let line: Int
        let key: String
        let section: [String]
    }

    /// What to write instead, if a section is empty and a key that can only be its own follows at the same level.
    ///
    /// Values of the file are no part of it.
    static func refusal(of text: String) -> ConfigurationError? {
        let found = misplacements(in: text)
        guard !found.isEmpty else { return nil }
        let lines = found.prefix(mostShown).map { one in
            "line \(one.line): '\(one.key)' belongs under '\(one.section.joined(separator: "."))', "
                + "indent it by \(indentWidth * one.section.count) spaces"
        }
        let more = found.count > mostShown ? ["and \(found.count - mostShown) lines more"] : []
        return ConfigurationError("yaml: " + (lines + more).joined(separator: "\n"))
    }

    private static let mostShown = 20
    private static let indentWidth = 2

    // MARK: Lines

    /// A section that is open where a line stands.
    private struct Section {
        let indent: Int
        let path: [String]
        /// Whether nothing below it was indented so far.
        var isEmpty = true
    }

    private static func misplacements(in text: String) -> [Misplacement] {
        var found: [Misplacement] = []
        var open: [Section] = []
        for (index, line) in text.split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline
        ).enumerated() {
            guard let (indent, key, isSection) = keyLine(line) else { continue }
            while let last = open.last, last.indent > indent { open.removeLast() }
            if let parent = open.lastIndex(where: { $0.indent < indent }) { open[parent].isEmpty = false }
            let level = open.last { $0.indent < indent }?.path ?? []
            var path = level + [key]
            if isKnown(path, isSection: isSection) {
                open.removeAll { $0.indent == indent }
            } else {
                // Those that it cannot belong to have ended.
                while let last = open.last, last.indent == indent,
                    !(last.isEmpty && isKnown(last.path + [key], isSection: isSection))
                {
                    open.removeLast()
                }
                if let section = open.last, section.indent == indent {
                    found.append(Misplacement(line: index + 1, key: key, section: section.path))
                    path = section.path + [key]
                }
            }
            if isSection { open.append(Section(indent: indent, path: path)) }
        }
        return found
    }

    /// A line that begins with a key; `isSection`: nothing follows the key.
    private static func keyLine(_ line: Substring) -> (indent: Int, key: String, isSection: Bool)? {
        let rest = line.drop { $0 == " " }
        guard let first = rest.first, !"#-\t\"'{[".contains(first), let colon = rest.firstIndex(of: ":") else {
            return nil
        }
        let key = rest[..<colon]
        let value = rest[rest.index(after: colon)...]
        guard value.isEmpty || value.first == " " || value.first == "\r" || value.first == "\t" else { return nil }
        let isSection = value.prefix { $0 != "#" }.trimmed.isEmpty
        return (line.count - rest.count, key.trimmed, isSection)
    }

    // MARK: Keys

    private static func isKnown(_ path: [String], isSection: Bool) -> Bool {
        var path = path
        guard let key = path.popLast() else { return false }
        // The names of policies are anybody's; without a section below, or with one of a policy's own names, it is none.
        if path == ["policy"] { return isSection && !policyKeys.contains(key) }
        if path.first == "policy" { return path.count == 2 && policyKeys.contains(key) }
        return keys[path.joined(separator: ".")]?.contains(key) ?? false
    }

    private static let policyKeys: Set<String> = ["allow", "deny", "paths", "identities"]

    /// The keys of each section, those of older versions among them.
    private static let keys: [String: Set<String>] = [
        "": [
            "version", "address", "admin", "root", "tls", "policy", "cache", "log", "api", "keys", "keystore", "health",
        ],
        "admin": ["identity"],
        "tls": ["key", "cert", "password", "ca", "auth", "proxy"],
        "tls.proxy": ["identities", "header"],
        "tls.proxy.header": ["cert"],
        "cache": ["expiry"],
        "cache.expiry": ["any", "all", "unused", "offline"],
        "log": ["error", "audit"],
        "keystore": Set(KeyStoreParsing.names),
        "keystore.fs": ["path"],
        "keystore.vault": [
            "endpoint", "address", "engine", "version", "namespace", "prefix", "name", "approle", "kubernetes",
            "transit", "tls", "status",
        ],
        "keystore.vault.approle": ["engine", "namespace", "id", "secret", "retry"],
        "keystore.vault.kubernetes": ["engine", "namespace", "role", "jwt", "retry"],
        "keystore.vault.transit": ["engine", "key"],
        "keystore.vault.tls": ["key", "cert", "ca"],
        "keystore.vault.status": ["ping"],
        "keystore.fortanix": ["sdkms"],
        "keystore.fortanix.sdkms": ["endpoint", "group_id", "credentials", "tls"],
        "keystore.fortanix.sdkms.credentials": ["key"],
        "keystore.fortanix.sdkms.tls": ["ca"],
        "keystore.gemalto": ["keysecure"],
        "keystore.gemalto.keysecure": ["endpoint", "credentials", "tls"],
        "keystore.gemalto.keysecure.credentials": ["token", "domain", "retry"],
        "keystore.gemalto.keysecure.tls": ["ca"],
        "keystore.aws": ["secretsmanager", "secrets_manager"],
        "keystore.aws.secretsmanager": ["endpoint", "address", "region", "kmskey", "kms_key_id", "credentials"],
        "keystore.aws.secretsmanager.credentials": [
            "accesskey", "access_key", "secretkey", "secret_key", "token", "session_token",
        ],
        "keystore.azure": ["keyvault"],
        "keystore.azure.keyvault": ["endpoint", "credentials", "managed_identity"],
        "keystore.azure.keyvault.credentials": ["tenant_id", "client_id", "client_secret"],
        "keystore.azure.keyvault.managed_identity": ["client_id"],
        "keystore.gcp": ["secretmanager"],
        "keystore.gcp.secretmanager": ["project_id", "endpoint", "scopes", "credentials"],
        "keystore.gcp.secretmanager.credentials": ["client_email", "client_id", "private_key_id", "private_key"],
        "keystore.entrust": ["keycontrol"],
        "keystore.entrust.keycontrol": ["endpoint", "vault_id", "box_id", "credentials", "tls"],
        "keystore.entrust.keycontrol.credentials": ["username", "password"],
        "keystore.entrust.keycontrol.tls": ["ca"],
    ]
}
