import JSON

/// Workload identity federation: the token of another provider, what it is exchanged for and where.
struct GCPFederation: Sendable {
    enum SubjectToken: Sendable {
        case file(path: String)
        case url(String, headers: [(name: String, value: String)])
    }

    enum Format: Sendable {
        /// All of it is the token.
        case text
        /// A JSON object with the token in this field.
        case json(field: String)
    }

    let audience: String
    let subjectTokenType: String
    /// The token service.
    let tokenURL: String
    let subjectToken: SubjectToken
    let format: Format
    /// Where a token of a service account is had for the exchanged one; `nil`: the exchanged one is used itself.
    let impersonationURL: String?
    /// Of the service account's token, in seconds.
    let impersonatedLifetime: Int

    init(_ json: JSONValue, in path: String) throws(KeyStoreError) {
        audience = try json.text("audience", in: path)
        subjectTokenType = try json.text("subject_token_type", in: path)
        tokenURL = try json.text("token_url", in: path)
        impersonationURL = json["service_account_impersonation_url"]?.string
        impersonatedLifetime = json["service_account_impersonation"]?["token_lifetime_seconds"]?.integer ?? 3600
        guard let source = json["credential_source"] else {
            throw .unavailable("gcp: '\(path)' lacks credential_source")
        }
        if let file = source["file"]?.string {
            subjectToken = .file(path: file)
        } else if let url = source["url"]?.string {
            var headers: [(name: String, value: String)] = []
            if case .object(let members)? = source["headers"] {
                for member in members { headers.append((member.name, member.value.string ?? "")) }
            }
            subjectToken = .url(url, headers: headers)
        } else {
            throw .unavailable("gcp: '\(path)': only a credential_source with a file or a url can be used")
        }
        if source["format"]?["type"]?.string == "json" {
            format = .json(field: source["format"]?["subject_token_field_name"]?.string ?? "access_token")
        } else {
            format = .text
        }
    }

    /// The token in what its source holds; `nil` when there is none.
    func token(in bytes: [UInt8]) -> String? {
        let token: String?
        switch format {
        case .text: token = String(validating: bytes, as: UTF8.self)
        case .json(let field): token = JSONValue(bytes)?[field]?.string
        }
        // The file's last line end is no part of the token.
        return token.map { String($0.filter { !$0.isWhitespace }) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}
