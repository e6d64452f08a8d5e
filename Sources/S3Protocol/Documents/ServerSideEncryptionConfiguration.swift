/// A bucket's default encryption: the body of PutBucketEncryption and the answer of GetBucketEncryption.
package struct ServerSideEncryptionConfiguration: Hashable, Sendable {
    package enum Algorithm: Hashable, Sendable {
        /// `AES256`
        case sseS3
        /// `aws:kms`, with the key id as submitted; nil: the default key at the time of each write.
        case sseKMS(keyID: String?)
    }

    package var algorithm: Algorithm
    /// As submitted, nil when absent.
    package var bucketKeyEnabled: Bool?

    package init(algorithm: Algorithm, bucketKeyEnabled: Bool? = nil) {
        self.algorithm = algorithm
        self.bucketKeyEnabled = bucketKeyEnabled
    }

    /// - Throws: `malformedXML` for anything but one rule with a known algorithm, `invalidArgument` for `AES256` with a
    ///   key id.
    package static func parse(_ document: some Collection<UInt8>) throws(S3Error) -> ServerSideEncryptionConfiguration {
        let root = try XMLReader.parse(document, root: "ServerSideEncryptionConfiguration")
        let rules = root.all("Rule")
        guard rules.count == 1, let rule = rules.first else {
            throw malformed("only one server-side encryption rule is allowed at a time")
        }
        guard let defaults = try rule.optional("ApplyServerSideEncryptionByDefault") else {
            throw malformed("ApplyServerSideEncryptionByDefault is missing")
        }
        let submitted = try defaults.optionalText("KMSMasterKeyID")?.trimmed
        let keyID = submitted?.isEmpty == true ? nil : submitted
        let algorithm: Algorithm
        switch try defaults.optionalText("SSEAlgorithm")?.trimmed {
        case "AES256":
            guard keyID == nil else {
                throw S3Error(
                    .invalidArgument,
                    "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms",
                    details: [("ArgumentName", "ApplyServerSideEncryptionByDefault")])
            }
            algorithm = .sseS3
        case "aws:kms": algorithm = .sseKMS(keyID: keyID)
        case nil, .some: throw malformed("Unknown SSE algorithm")
        }
        return ServerSideEncryptionConfiguration(
            algorithm: algorithm, bucketKeyEnabled: try rule.optionalFlag("BucketKeyEnabled"))
    }

    package func xml() -> [UInt8] {
        var xml = XMLWriter(capacity: 512)
        xml.openRoot("ServerSideEncryptionConfiguration")
        xml.open("Rule")
        xml.open("ApplyServerSideEncryptionByDefault")
        switch algorithm {
        case .sseS3: xml.element("SSEAlgorithm", "AES256")
        case .sseKMS(let keyID):
            xml.element("SSEAlgorithm", "aws:kms")
            xml.element("KMSMasterKeyID", ifPresent: keyID)
        }
        xml.close("ApplyServerSideEncryptionByDefault")
        if let bucketKeyEnabled { xml.element("BucketKeyEnabled", bucketKeyEnabled) }
        xml.close("Rule")
        xml.close("ServerSideEncryptionConfiguration")
        return xml.bytes
    }

    private static func malformed(_ reason: String) -> S3Error {
        S3Error(.malformedXML, "\(S3ErrorCode.malformedXML.defaultMessage) (\(reason))")
    }
}
