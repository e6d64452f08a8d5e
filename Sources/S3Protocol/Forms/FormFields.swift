/// The fields of a form upload that stand before its file.
package struct FormFields: Sendable {
    /// In the order of the form; names in lower case, every one once.
    package private(set) var pairs: [(name: String, value: String)] = []

    package init() {}

    /// - Throws: `InvalidArgument` for a second field of one name: what a policy has looked at must be what is used. Of
    ///   those that are ignored (`x-ignore-`) there may be several.
    package mutating func append(_ name: String, _ value: String) throws(S3Error) {
        guard self[name] == nil || Self.isIgnored(name) else {
            throw S3Error(
                .invalidArgument, "The form field '\(name)' may be given once only",
                details: [("ArgumentName", name)])
        }
        pairs.append((name, value))
    }

    /// The value of a field by its name in lower case.
    package subscript(_ name: String) -> String? { pairs.first { $0.name == name }?.value }

    package static func isIgnored(_ name: String) -> Bool { name.begins(with: "x-ignore-") }

    /// Puts the name of the form's file where fields ask for it.
    ///
    /// - Parameter filename: as the client sent it; of a path the part behind the last slash or backslash counts.
    package mutating func substitute(filename: String) {
        let slash = filename.utf8.lastIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
        let name = slash.map { String(filename[filename.utf8.index(after: $0)...]) } ?? filename
        for index in pairs.indices where !Self.isOfSignature(pairs[index].name) {
            guard pairs[index].value.utf8.contains(UInt8(ascii: "$")) else { continue }
            pairs[index].value = pairs[index].value.replacing("${filename}", with: name)
        }
    }

    /// Whether a policy need not speak of a field: of a checksum, which only makes the file be what its sender meant, and
    /// of the bucket, which is the one that the form is sent to.
    static func needsNoCondition(_ name: String) -> Bool {
        isOfSignature(name) || isIgnored(name) || name == "bucket" || S3ChecksumAlgorithm(header: name) != nil
    }

    /// Whether a field is the policy, or says who signed it.
    static func isOfSignature(_ name: String) -> Bool {
        switch name {
        case "policy", "signature", "awsaccesskeyid", "x-amz-signature": true
        default: false
        }
    }

    /// What the fields say of the object, as the headers of a PutObject would: they are sent back as such.
    ///
    /// - Throws: `InvalidArgument` for a name or a value that could not be a header's, as with a line end in it.
    package func headers() throws(S3Error) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        for (name, value) in pairs where Self.isHeader(name) {
            guard name.utf8.allSatisfy(Self.isTokenByte),
                value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
            else {
                throw S3Error(
                    .invalidArgument, "The form field '\(name)' is not valid as a header",
                    details: [("ArgumentName", name)])
            }
            headers.append((name, String(trim(Substring(value)))))
        }
        return headers
    }

    private static func isHeader(_ name: String) -> Bool {
        switch name {
        case "content-type", "cache-control", "content-disposition", "content-encoding", "content-language", "expires",
            "content-md5":
            true
        default: name.begins(with: "x-amz-")
        }
    }

    /// A byte of a header's name (RFC 9110 section 5.6.2), in lower case.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
