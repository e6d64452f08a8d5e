/// A JSON document of a request or an answer.
///
/// Reading is lenient, as KES is: names of members in any case, unknown members skipped, the last of several, `null` as
/// if absent, whatever follows the first value ignored, base64 with line ends in it. A member of another type is an error.
///
/// Many documents hold secrets. The arrays in them, and the arrays that ``json`` gives, belong to whoever got them, who
/// wipes them when done: `wipe(&answer.plaintext)`.
package protocol KESDocument: Sendable {
    init(json: UnsafeRawBufferPointer) throws(KESDocumentError)

    /// Appends the compact document, without a line end.
    func append(to json: inout [UInt8])
}

extension KESDocument {
    package init(json: [UInt8]) throws(KESDocumentError) {
        throw KESDocumentError("")
    }

    /// The compact document and a line feed.
    package var json: [UInt8] {
        var json: [UInt8] = []
        append(to: &json)
        json.append(UInt8(ascii: "\n"))
        return json
    }
}

/// Why bytes are not the document that was expected; for logs, never for clients.
package struct KESDocumentError: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
