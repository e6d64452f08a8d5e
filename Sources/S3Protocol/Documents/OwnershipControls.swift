/// Who owns the objects of a bucket: the body of PutBucketOwnershipControls and the answer of GetBucketOwnershipControls.
///
/// There is one owner, and access control lists give nobody else a right whatever is chosen. The choices differ in whether
/// they are refused.
package struct OwnershipControls: Hashable, Sendable {
    package enum ObjectOwnership: String, CaseIterable, Sendable {
        /// A write with an access control list that gives others a right is refused.
        case bucketOwnerEnforced = "BucketOwnerEnforced"
        case bucketOwnerPreferred = "BucketOwnerPreferred"
        case objectWriter = "ObjectWriter"
    }

    package var objectOwnership: ObjectOwnership

    package init(_ objectOwnership: ObjectOwnership) { self.objectOwnership = objectOwnership }

    /// - Throws: `malformedXML` for anything but one rule with one of the three.
    package static func parse(_ document: some Collection<UInt8>) throws(S3Error) -> OwnershipControls {
        let root = try XMLReader.parse(document, root: "OwnershipControls")
        guard let rule = try root.optional("Rule"),
            let ownership = ObjectOwnership(rawValue: try rule.optionalText("ObjectOwnership")?.trimmed ?? "")
        else { throw S3Error(.malformedXML) }
        return OwnershipControls(ownership)
    }

    /// What `x-amz-object-ownership` of CreateBucket says, `nil` when it is not sent.
    ///
    /// - Throws: `InvalidArgument` for anything but one of the three.
    package init?(header: String?) throws(S3Error) {
        guard let header else { return nil }
        guard let ownership = ObjectOwnership(rawValue: header) else {
            throw S3Error(
                .invalidArgument, "Invalid x-amz-object-ownership header: \(header)",
                details: [("ArgumentName", "x-amz-object-ownership"), ("ArgumentValue", header)])
        }
        objectOwnership = ownership
    }

    package func xml() -> [UInt8] {
        var xml = XMLWriter(capacity: 256)
        xml.openRoot("OwnershipControls")
        xml.open("Rule")
        xml.element("ObjectOwnership", objectOwnership.rawValue)
        xml.close("Rule")
        xml.close("OwnershipControls")
        return xml.bytes
    }
}
