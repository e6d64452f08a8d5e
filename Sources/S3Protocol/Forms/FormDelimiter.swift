import Glibc

/// The line that ends a part of a form: `CRLF -- boundary`.
package struct FormDelimiter: Sendable {
    package let bytes: [UInt8]

    package static let longestBoundary = 70

    /// Reads the boundary of a `Content-Type: multipart/form-data` (RFC 2046 section 5.1.1).
    ///
    /// - Throws: `MalformedPOSTRequest` when there is none of 1 to 70 characters.
    package init(contentType: String) throws(S3Error) {
        var boundary: String?
        for parameter in FormPartHead.parameters(contentType) where parameter.name == "boundary" {
            boundary = parameter.value
        }
        guard let boundary, (1...Self.longestBoundary).contains(boundary.utf8.count),
            boundary.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else { throw S3Error(.malformedPOSTRequest) }
        bytes = Array("\r\n--\(boundary)".utf8)
    }

    /// Where the delimiter begins first; nil when it is not there as a whole.
    package func firstMatch(in text: UnsafeRawBufferPointer) -> Int? {
        guard let base = text.baseAddress else { return nil }
        var position = 0
        while position + bytes.count <= text.count {
            guard let found = memchr(base + position, Int32(bytes[0]), text.count - position) else { return nil }
            position = UnsafeRawPointer(found) - base
            guard position + bytes.count <= text.count else { return nil }
            if memcmp(base + position, bytes, bytes.count) == 0 { return position }
            position += 1
        }
        return nil
    }

    /// How many bytes at the end of a text may be the beginning of the delimiter.
    package func partialMatch(atEndOf text: UnsafeRawBufferPointer) -> Int {
        var count = min(bytes.count - 1, text.count)
        while count > 0 {
            if text.suffix(count).elementsEqual(bytes.prefix(count)) { return count }
            count -= 1
        }
        return 0
    }
}
