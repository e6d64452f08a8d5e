/// What an action is done to, as policies write it.
enum PolicyResource: Hashable, Sendable {
    /// What follows `arn:aws:s3:::`: a bucket, or a bucket, a slash and a key; empty for the server as a whole.
    case s3(String)
    /// What follows `arn:minio:kms:::`: the name of a key; empty for the key service as a whole.
    case key(String)
    /// What no resource is named of: the administration of the server.
    case server
}

/// One text of a statement's `Resource`.
struct ResourcePattern: Sendable {
    enum Space: Hashable, Sendable {
        /// `*`
        case any
        case s3
        case key
    }

    let space: Space
    /// What follows the prefix of ``space``.
    let text: TextPattern

    func matches(_ resource: PolicyResource, _ attributes: some VariableValues) -> Bool {
        switch (space, resource) {
        case (.any, _), (_, .server): true
        case (.s3, .s3(let name)), (.key, .key(let name)): text.matches(name, attributes)
        case (.s3, .key), (.key, .s3): false
        }
    }
}

extension ResourcePattern {
    private static let prefixes: [(Space, String)] = [(.s3, "arn:aws:s3:::"), (.key, "arn:minio:kms:::")]

    /// `nil` for a text that names no resource of the spaces.
    init?(_ text: String, in spaces: Set<Space>, hasVariables: Bool) throws(PolicyMalformed) {
        if text == "*" {
            space = .any
            self.text = try TextPattern("*", hasWildcards: true, hasVariables: false)
            return
        }
        for (space, prefix) in Self.prefixes where spaces.contains(space) {
            guard text.hasPrefix(prefix), text.utf8.count > prefix.utf8.count else { continue }
            self.space = space
            self.text = try TextPattern(
                text.dropFirst(prefix.count), hasWildcards: true, hasVariables: hasVariables)
            return
        }
        return nil
    }
}

extension Demand {
    /// The resource as policies write it; `nil` while the request has not named it yet.
    var policyResource: PolicyResource? {
        switch resource {
        case .bucket(let bucket): .s3(bucket)
        case .object(let bucket, let key): .s3("\(bucket)/\(key)")
        case .someObject, .someKey: nil
        case .key(let name): .key(name ?? "")
        case .service:
            switch action.service {
            case .s3: .s3("")
            case .kms: .key("")
            case .admin, .sts: .server
            }
        }
    }
}
