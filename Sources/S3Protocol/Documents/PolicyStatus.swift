/// The answer of GetBucketPolicyStatus.
package struct PolicyStatus: Sendable {
    package let isPublic: Bool

    package init(isPublic: Bool) { self.isPublic = isPublic }

    package func xml() -> [UInt8] {
        var xml = XMLWriter(capacity: 192)
        xml.openRoot("PolicyStatus")
        xml.element("IsPublic", isPublic)
        xml.close("PolicyStatus")
        return xml.bytes
    }
}
