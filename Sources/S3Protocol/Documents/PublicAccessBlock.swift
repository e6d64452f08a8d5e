/// What a bucket refuses to make public whatever is put: the body of PutPublicAccessBlock and the answer of
/// GetPublicAccessBlock.
package struct PublicAccessBlock: Hashable, Sendable {
    /// Access control lists that let in everybody are refused.
    package var blockPublicACLs = false
    /// Access control lists that let in everybody count for nothing.
    package var ignorePublicACLs = false
    /// A policy that lets in everybody is refused.
    package var blockPublicPolicy = false
    /// A policy that lets in everybody lets in nobody but the owner.
    package var restrictPublicBuckets = false

    package init() {}

    /// A flag that is absent is false.
    ///
    /// - Throws: `malformedXML`, for a flag that is unknown too: it would be one that does not hold.
    package static func parse(_ document: some Collection<UInt8>) throws(S3Error) -> PublicAccessBlock {
        let root = try XMLReader.parse(document, root: "PublicAccessBlockConfiguration")
        guard root.children.allSatisfy({ names.contains($0.name) }) else { throw S3Error(.malformedXML) }
        var block = PublicAccessBlock()
        block.blockPublicACLs = try root.optionalFlag("BlockPublicAcls") ?? false
        block.ignorePublicACLs = try root.optionalFlag("IgnorePublicAcls") ?? false
        block.blockPublicPolicy = try root.optionalFlag("BlockPublicPolicy") ?? false
        block.restrictPublicBuckets = try root.optionalFlag("RestrictPublicBuckets") ?? false
        return block
    }

    private static let names: Set<String> = [
        "BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets",
    ]

    package func xml() -> [UInt8] {
        var xml = XMLWriter(capacity: 384)
        xml.openRoot("PublicAccessBlockConfiguration")
        xml.element("BlockPublicAcls", blockPublicACLs)
        xml.element("IgnorePublicAcls", ignorePublicACLs)
        xml.element("BlockPublicPolicy", blockPublicPolicy)
        xml.element("RestrictPublicBuckets", restrictPublicBuckets)
        xml.close("PublicAccessBlockConfiguration")
        return xml.bytes
    }
}
