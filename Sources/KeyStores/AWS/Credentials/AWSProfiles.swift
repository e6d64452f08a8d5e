/// The profiles of AWS's two files: those of the file of credentials come before those of the file of settings.
struct AWSProfiles: Sendable {
    private var profiles: [String: [String: String]] = [:]

    /// Files that are not there have no profiles.
    init(_ environment: AWSEnvironment) async throws(KeyStoreError) {
        let home = environment["HOME"] ?? "/"
        // A service may be kept from its home directory: only what somebody has asked for has to be readable.
        let isWanted = environment["AWS_PROFILE"] != nil
        if let text = try await CredentialFile.textIfPresent(
            environment["AWS_CONFIG_FILE"] ?? "\(home)/.aws/config",
            mayBeForbidden: !isWanted && environment["AWS_CONFIG_FILE"] == nil)
        {
            read(text, sectionPrefix: "profile ")
        }
        if let text = try await CredentialFile.textIfPresent(
            environment["AWS_SHARED_CREDENTIALS_FILE"] ?? "\(home)/.aws/credentials",
            mayBeForbidden: !isWanted && environment["AWS_SHARED_CREDENTIALS_FILE"] == nil)
        {
            read(text, sectionPrefix: "")
        }
    }

    subscript(_ name: String) -> [String: String]? { profiles[name] }

    /// Lines `[name]` and `key = value`; `#` and `;` begin a comment, and an indented line belongs to a nested setting.
    private mutating func read(_ text: String, sectionPrefix: String) {
        var section: String?
        for line in text.split(whereSeparator: \.isNewline) {
            guard let first = line.first, first != "#", first != ";" else { continue }
            let content = line.trimmedLine
            if first == "[" {
                let name = content.dropFirst().prefix { $0 != "]" }.trimmedLine
                let isProfile = name.hasPrefix(sectionPrefix)
                section = isProfile ? name.dropFirst(sectionPrefix.count).trimmedLine : name == "default" ? name : nil
            } else if let section, !first.isWhitespace, let sign = content.firstIndex(of: "=") {
                let value = content[content.index(after: sign)...].trimmedLine
                profiles[section, default: [:]][content[..<sign].trimmedLine.lowercased()] = value
            }
        }
    }
}

extension AWSCredentialChain {
    /// What the profile of `AWS_PROFILE` says; `nil` when nobody asks for one and there is no `default` with credentials.
    func ofProfile(_ time: CallTime) async throws(KeyStoreError) -> Fresh? {
        let profiles = try await AWSProfiles(environment)
        let asked = environment["AWS_PROFILE"] ?? environment["AWS_DEFAULT_PROFILE"]
        let found = try await credentials(of: asked ?? "default", in: profiles, above: [], time)
        if found == nil, let asked { throw .notAuthorized("aws: the profile '\(asked)' has no credentials") }
        return found
    }

    /// - Parameter above: The profiles that led here, each by being the source of the one before.
    private func credentials(
        of name: String, in profiles: AWSProfiles, above: [String], _ time: CallTime
    ) async throws(KeyStoreError) -> Fresh? {
        guard let profile = profiles[name] else { return nil }
        guard let role = profile["role_arn"] else { return try Self.ownKeys(name, profile) }
        let session = profile["role_session_name"]
        if let file = profile["web_identity_token_file"] {
            return try await securityTokens.assume(role, session: session, webIdentity: file, time)
        }
        guard let source = try await self.source(of: name, profile, in: profiles, above: above, time) else {
            throw .notAuthorized("aws: the source of the profile '\(name)' has no credentials")
        }
        return try await securityTokens.assume(
            role, session: session, externalID: profile["external_id"], seconds: profile["duration_seconds"],
            signedBy: source.token, time)
    }

    /// What the role of a profile is assumed with.
    private func source(
        of name: String, _ profile: [String: String], in profiles: AWSProfiles, above: [String], _ time: CallTime
    ) async throws(KeyStoreError) -> Fresh? {
        if let source = profile["source_profile"] {
            if source == name { return try Self.ownKeys(name, profile) }
            guard !above.contains(source) else {
                throw .notAuthorized("aws: the profile '\(source)' is its own source")
            }
            return try await credentials(of: source, in: profiles, above: above + [name], time)
        }
        switch profile["credential_source"] {
        case "Environment": return environment.credentials.map { Fresh(token: $0, lifetime: nil) }
        case "EcsContainer": return try await ofContainer(time)
        case "Ec2InstanceMetadata": return try await ofMachine(time)
        default:
            throw .notAuthorized("aws: the profile '\(name)' has a role_arn and no source_profile or credential_source")
        }
    }

    private static func ownKeys(_ name: String, _ profile: [String: String]) throws(KeyStoreError) -> Fresh? {
        if let accessKey = profile["aws_access_key_id"], let secretKey = profile["aws_secret_access_key"] {
            let token = profile["aws_session_token"].map { SecretText($0) }
            return Fresh(
                token: AWSCredentials(accessKey: accessKey, secretKey: SecretText(secretKey), sessionToken: token),
                lifetime: nil)
        }
        for key in ["credential_process", "sso_session", "sso_start_url"] where profile[key] != nil {
            throw .notAuthorized(
                "aws: the profile '\(name)' has its credentials by \(key), which a key server does not use: give it keys, "
                    + "a role_arn or a web identity")
        }
        return nil
    }
}
