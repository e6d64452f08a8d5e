/// The body of an UpdateObjectEncryption request: how the object's key is to be sealed from now on.
package enum ObjectEncryption: Hashable, Sendable {
    case sseS3
    /// - keyID: the bare name, without `arn:aws:kms:`.
    case sseKMS(keyID: String, bucketKey: Bool)

    /// - Throws: `malformedXML` for anything but one of `SSE-S3` and `SSE-KMS`, the latter with a `KMSKeyArn`.
    package static func parse(_ document: some Collection<UInt8>) throws(S3Error) -> ObjectEncryption {
        let root = try XMLReader.parse(document, root: "ObjectEncryption")
        guard root.children.count == 1 else { throw S3Error(.malformedXML) }
        if try root.optional("SSE-S3") != nil { return .sseS3 }
        guard let kms = try root.optional("SSE-KMS"), let submitted = try kms.optionalText("KMSKeyArn")?.trimmed,
            let keyID = bareKeyID(submitted)
        else { throw S3Error(.malformedXML) }
        return .sseKMS(keyID: keyID, bucketKey: try kms.optionalFlag("BucketKeyEnabled") ?? false)
    }
}
