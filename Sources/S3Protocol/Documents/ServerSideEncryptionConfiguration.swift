/// A bucket's default encryption: the body of PutBucketEncryption and the answer of GetBucketEncryption.
package struct ServerSideEncryptionConfiguration: Hashable, Sendable {
    package enum Algorithm: Hashable, Sendable {
        /// `AES256`
        case sseS3
        /// `aws:kms`, with the key id as submitted; nil: the default key at the time of each write.
        case sseKMS(keyID: String?)
        /// `aws:kms:dsse`, in two layers.
        case dsseKMS(keyID: String?)

        /// The key id as submitted.
        package var keyID: String? {
            switch self {
            case .sseS3: nil
            case .sseKMS(let keyID), .dsseKMS(let keyID): keyID
            }
        }
    }

    /// Nil of a rule that only blocks encryption types.
    package var algorithm: Algorithm?
    /// As submitted, nil when absent.
    package var bucketKeyEnabled: Bool?
    /// Nil when the rule says nothing of it.
    package var blocked: BlockedEncryptionTypes?

    package init(
        algorithm: Algorithm?, bucketKeyEnabled: Bool? = nil, blocked: BlockedEncryptionTypes? = nil
    ) {
        self.algorithm = algorithm
        self.bucketKeyEnabled = bucketKeyEnabled
        self.blocked = blocked
    }

    /// - Throws: `malformedXML` for anything but one rule with a known algorithm, or with types that it blocks;
    ///   `invalidArgument` for `AES256` with a key id.
    package static func parse(_ document: some Collection<UInt8>) throws(S3Error) -> ServerSideEncryptionConfiguration {
        let root = try XMLReader.parse(document, root: "ServerSideEncryptionConfiguration")
        let rules = root.all("Rule")
        guard rules.count == 1, let rule = rules.first else {
            throw malformed("only one server-side encryption rule is allowed at a time")
        }
        let blocked = try rule.optional("BlockedEncryptionTypes").map { element throws(S3Error) in
            try BlockedEncryptionTypes(element)
        }
        let algorithm = try rule.optional("ApplyServerSideEncryptionByDefault").map { defaults throws(S3Error) in
            try Algorithm(defaults)
        }
        guard algorithm != nil || blocked != nil else {
            throw malformed("ApplyServerSideEncryptionByDefault is missing")
        }
        return ServerSideEncryptionConfiguration(
            algorithm: algorithm, bucketKeyEnabled: try rule.optionalFlag("BucketKeyEnabled"), blocked: blocked)
    }

    package func xml() -> [UInt8] {
        var xml = XMLWriter(capacity: 512)
        xml.openRoot("ServerSideEncryptionConfiguration")
        xml.open("Rule")
        if let algorithm {
            xml.open("ApplyServerSideEncryptionByDefault")
            xml.element("SSEAlgorithm", algorithm.name)
            xml.element("KMSMasterKeyID", ifPresent: algorithm.keyID)
            xml.close("ApplyServerSideEncryptionByDefault")
        }
        if let bucketKeyEnabled { xml.element("BucketKeyEnabled", bucketKeyEnabled) }
        blocked?.write(to: &xml)
        xml.close("Rule")
        xml.close("ServerSideEncryptionConfiguration")
        return xml.bytes
    }
}

extension ServerSideEncryptionConfiguration.Algorithm {
    /// From the children of an `ApplyServerSideEncryptionByDefault`.
    fileprivate init(_ defaults: XMLElement) throws(S3Error) {
        let submitted = try defaults.optionalText("KMSMasterKeyID")?.trimmed
        let keyID = submitted?.isEmpty == true ? nil : submitted
        guard let name = try defaults.optionalText("SSEAlgorithm")?.trimmed,
            let algorithm = Self(name: name, keyID: keyID)
        else { throw malformed("Unknown SSE algorithm") }
        guard keyID == nil || algorithm != .sseS3 else {
            throw S3Error(
                .invalidArgument,
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms",
                details: [("ArgumentName", "ApplyServerSideEncryptionByDefault")])
        }
        self = algorithm
    }

    /// Nil for a name that is none.
    package init?(name: String, keyID: String?) {
        switch name {
        case "AES256": self = .sseS3
        case "aws:kms": self = .sseKMS(keyID: keyID)
        case "aws:kms:dsse": self = .dsseKMS(keyID: keyID)
        default: return nil
        }
    }

    /// As documents and headers have it.
    package var name: String {
        switch self {
        case .sseS3: "AES256"
        case .sseKMS: "aws:kms"
        case .dsseKMS: "aws:kms:dsse"
        }
    }
}

private func malformed(_ reason: String) -> S3Error {
    S3Error(.malformedXML, "\(S3ErrorCode.malformedXML.defaultMessage) (\(reason))")
}
