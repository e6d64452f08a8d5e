/// The `Content-Encoding` header of an upload, in which `aws-chunked` names the transfer and not the object.
package enum ContentEncoding {
    /// What is left to store once `aws-chunked` is gone: `gzip,aws-chunked` leaves `gzip`; nil when nothing is left.
    ///
    /// The rest is as the client spelt it, with its blanks.
    package static func withoutAWSChunked(_ value: String) -> String? {
        let kept = value.split(separator: ",").filter { !isChunkedToken(trim($0)) && !trim($0).isEmpty }
        return kept.isEmpty ? nil : String(trim(kept.joined(separator: ",")[...]))
    }

    package static func isAWSChunked(_ value: String) -> Bool {
        value.split(separator: ",").contains { isChunkedToken(trim($0)) }
    }

    private static func isChunkedToken(_ token: Substring) -> Bool {
        token.lowercased() == "aws-chunked"
    }
}
