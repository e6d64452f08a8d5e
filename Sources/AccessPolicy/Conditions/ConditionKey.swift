/// The name of a condition as policies spell it, such as `s3:prefix` or `s3:ExistingObjectTag/team`.
///
/// The name's case does not count; that of a tag's key behind the slash does.
package struct ConditionKey: Sendable {
    /// In lower case; of a key about one tag up to its slash, which is included.
    package let name: String
    /// What stands behind the slash of a key about one tag, byte for byte; `nil` for any other.
    package let tag: String?

    package init(_ name: StaticString) {
        self.name = name.description.lowercased()
        tag = nil
    }

    /// - Parameter tag: the tag's key, as the object has it.
    package init(_ name: StaticString, tag: String) {
        self.name = name.description.lowercased()
        self.tag = tag
    }

    /// `nil` for a name that S3 and IAM do not have: a condition on it would never be what its author meant.
    package init?(parsing text: String) {
        guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            let name = text.lowercased()
            guard Self.names.contains(name) else { return nil }
            self.name = name
            tag = nil
            return
        }
        let name = text[...slash].lowercased()
        let tag = text[text.index(after: slash)...]
        guard Self.namesOfTags.contains(name), !tag.isEmpty else { return nil }
        self.name = name
        self.tag = String(tag)
    }

    package static let prefix = ConditionKey("s3:prefix")
    package static let delimiter = ConditionKey("s3:delimiter")
    package static let maxKeys = ConditionKey("s3:max-keys")
    package static let versionID = ConditionKey("s3:VersionId")
    package static let serverSideEncryption = ConditionKey("s3:x-amz-server-side-encryption")
    package static let kmsKeyID = ConditionKey("s3:x-amz-server-side-encryption-aws-kms-key-id")
    package static let customerAlgorithm = ConditionKey("s3:x-amz-server-side-encryption-customer-algorithm")
    package static let copySource = ConditionKey("s3:x-amz-copy-source")
    package static let objectLockMode = ConditionKey("s3:object-lock-mode")
    package static let objectLockUntil = ConditionKey("s3:object-lock-retain-until-date")
    package static let objectLockRemainingDays = ConditionKey("s3:object-lock-remaining-retention-days")
    package static let objectLockLegalHold = ConditionKey("s3:object-lock-legal-hold")
    /// Seconds that a session that is asked for shall last.
    package static let sessionDuration = ConditionKey("sts:DurationSeconds")
    /// Seconds until an access key that is made or changed shall expire; absent of one that never does.
    package static let accessKeyDuration = ConditionKey("svc:DurationSeconds")
    package static let requestObjectTagKeys = ConditionKey("s3:RequestObjectTagKeys")
    package static func requestObjectTag(_ key: String) -> ConditionKey {
        ConditionKey("s3:RequestObjectTag/", tag: key)
    }
    package static func existingObjectTag(_ key: String) -> ConditionKey {
        ConditionKey("s3:ExistingObjectTag/", tag: key)
    }

    /// Whether the key is about the tags that the object has already.
    var isOfExistingTag: Bool { name == "s3:existingobjecttag/" }
}

extension ConditionKey: Hashable {
    // Two spellings of a letter are two letters: a tag's key is bytes.
    package static func == (one: ConditionKey, other: ConditionKey) -> Bool {
        one.name.hasBytes(of: other.name)
            && (one.tag == nil) == (other.tag == nil) && (one.tag ?? "").hasBytes(of: other.tag ?? "")
    }

    package func hash(into hasher: inout Hasher) {
        for byte in name.utf8 { hasher.combine(byte) }
        for byte in (tag ?? "").utf8 { hasher.combine(byte) }
    }
}

extension ConditionKey: CustomStringConvertible {
    package var description: String { name + (tag ?? "") }
}

extension String {
    /// Whether both are the same bytes; Swift takes two spellings of one letter for equal.
    func hasBytes(of other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
