/// Who owns what is listed.
///
/// There is one owner: every bucket and object belongs to the server's account.
package struct Owner: Hashable, Sendable {
    package var id: String
    package var displayName: String

    package static let server = Owner(
        id: "02d6176db174dc93cb1b899f7c6078f08654445fe8cf1b6ce98d8855f66bdbf4", displayName: "minio")

    /// Refuses a request that expects its bucket, or a copy's source, to be another's.
    ///
    /// Throws `AccessDenied` (403).
    package static func requireExpected(_ headers: [(name: String, value: String)]) throws(S3Error) {
        for index in headers.indices where headers[index].name.begins(with: "x-amz-") {
            switch headers[index].name.utf8.count {
            // The lengths of the two; most headers have neither, and are not compared.
            case 27, 34: break
            default: continue
            }
            let (name, value) = headers[index]
            guard name == "x-amz-expected-bucket-owner" || name == "x-amz-source-expected-bucket-owner" else {
                continue
            }
            guard value.hasSameBytes(as: server.id) else { throw S3Error(.accessDenied) }
        }
    }

    /// The `Owner` element, made once for all entries of a listing.
    static let serverElement: [UInt8] = {
        var xml = XMLWriter(fragmentOf: 160)
        server.write(as: "Owner", to: &xml)
        return xml.bytes
    }()

    func write(as name: StaticString, to xml: inout XMLWriter) {
        xml.open(name)
        xml.element("ID", id)
        xml.element("DisplayName", displayName)
        xml.close(name)
    }
}
