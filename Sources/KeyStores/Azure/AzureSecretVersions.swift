package import JSON
import Notation

/// One version of a secret, as a listing of them has it: everything but the value.
package struct AzureSecretVersion: Sendable, Hashable {
    /// What this server writes beside a value; the original KES neither writes nor reads it.
    package enum Tag {
        /// The key's name as it was spelt: a vault takes names that differ in case for one.
        package static let key = "coffer-key"
        /// Who wrote it: a random text a call, by which the call knows its own version again.
        static let write = "coffer-write"
        /// The version whose successor by rotation this one wants to be.
        package static let replaces = "coffer-replaces"
    }

    /// The secret's name as the vault spells it.
    package let name: String
    package let id: String
    /// Seconds since 1970.
    let created: Int
    let isEnabled: Bool
    /// Seconds since 1970.
    let notBefore: Int?
    /// Seconds since 1970.
    let expires: Int?
    let tags: [String: String]

    /// An item of a listing; `nil` when it is malformed.
    package init?(_ item: JSONValue) {
        guard let identifier = item["id"]?.string, let (_, path) = AzureEndpoint.split(identifier),
            case let parts = path.split(separator: "/"), parts.count == 3, parts[0].lowercased() == "secrets",
            let created = item["attributes"]?["created"]?.integer
        else { return nil }
        name = String(parts[1])
        id = String(parts[2])
        self.created = created
        isEnabled = item["attributes"]?["enabled"]?.boolean ?? true
        notBefore = item["attributes"]?["nbf"]?.integer
        expires = item["attributes"]?["exp"]?.integer
        var tags: [String: String] = [:]
        if case .object(let members)? = item["tags"] {
            for member in members { tags[member.name] = member.value.string }
        }
        self.tags = tags
    }

    /// The name of a key from its secret's, whose case the vault may have changed, and from its tag.
    ///
    /// A tag that says another name altogether came with a copy of another secret, and means nothing.
    static func keyName(_ name: String, tag: String?) -> String {
        guard let tag, tag.lowercased() == name.lowercased() else { return name }
        return tag
    }

    /// Why the value must not be used at a time, in seconds since 1970; `nil` when it may.
    func objection(at now: Int) -> String? {
        if !isEnabled { return "is disabled (SecretDisabled)" }
        if let notBefore, now < notBefore { return "must not be used before \(Self.date(notBefore)) (nbf)" }
        if let expires, now >= expires { return "expired at \(Self.date(expires)) (exp)" }
        return nil
    }

    private static func date(_ seconds: Int) -> String {
        HTTPDate.iso8601(Int64(max(0, min(seconds, 253_402_300_799))) * 1000)
    }
}

/// All versions of one secret, and which of them is the key.
///
/// The oldest version is the key: whoever comes later with another one has lost. Times have whole seconds; of versions of
/// one second the first in the vault's order is the oldest, as it is for the original KES.
///
/// A rotation adds a version that names the one it replaces. Of several that replace the same one, the oldest has won, so
/// the way from the oldest version of all to the current one is the same for everybody. What names nothing, such as the
/// version of somebody who lost, or one that was added by hand, is not on the way.
package struct AzureSecretVersions: Sendable {
    /// The oldest first.
    let all: [AzureSecretVersion]

    /// - Parameter listed: In the order of the vault.
    package init(_ listed: [AzureSecretVersion]) {
        all = listed.enumerated()
            .sorted { ($0.element.created, $0.offset) < ($1.element.created, $1.offset) }
            .map(\.element)
    }

    /// The version that the key began with.
    var first: AzureSecretVersion? { all.first }

    /// The key's name as it was spelt when it was made.
    package var keyName: String? {
        first.map { AzureSecretVersion.keyName($0.name, tag: $0.tags[AzureSecretVersion.Tag.key]) }
    }

    /// The version that holds the key's value.
    package var current: AzureSecretVersion? {
        guard var current = first else { return nil }
        // Whatever is written by hand, the way ends after as many steps as there are versions.
        for _ in all {
            guard let next = successor(of: current) else { return current }
            current = next
        }
        return current
    }

    package func successor(of version: AzureSecretVersion) -> AzureSecretVersion? {
        all.first { $0.tags[AzureSecretVersion.Tag.replaces] == version.id && $0.id != version.id }
    }

    /// Whether the call that writes by this text has written.
    func contain(write: String) -> Bool { all.contains { $0.tags[AzureSecretVersion.Tag.write] == write } }
}
