/// What a bucket's encryption rule says of types of encryption that new objects must not have.
package enum BlockedEncryptionTypes: String, Hashable, Sendable {
    /// Nothing is blocked.
    case none = "NONE"
    /// Customers' keys.
    case customerKeys = "SSE-C"

    /// From the children of the element: one `EncryptionType`, or none of them, which blocks nothing.
    ///
    /// - Throws: `malformedXML` for several, for another element and for a type that is unknown.
    init(_ element: XMLElement) throws(S3Error) {
        guard let child = element.children.first else {
            self = .none
            return
        }
        guard element.children.count == 1, child.name == "EncryptionType", child.children.isEmpty,
            let type = Self(rawValue: child.text.trimmed)
        else { throw S3Error(.malformedXML) }
        self = type
    }

    func write(to xml: inout XMLWriter) {
        xml.open("BlockedEncryptionTypes")
        xml.element("EncryptionType", rawValue)
        xml.close("BlockedEncryptionTypes")
    }

    /// - Throws: `AccessDenied` for a write that asks for what is blocked.
    package func requireAllowed(_ requested: RequestedEncryption) throws(S3Error) {
        switch (self, requested) {
        case (.customerKeys, .sseC):
            throw S3Error(
                .accessDenied, "The bucket blocks server-side encryption with customer-provided keys (SSE-C).")
        case (.none, _), (.customerKeys, .none), (.customerKeys, .sseS3), (.customerKeys, .sseKMS),
            (.customerKeys, .dsseKMS):
            break
        }
    }
}
