package import JSON

/// A JSON document of a request or an answer.
///
/// Reading is lenient, as KES is: names of members in any case, unknown members skipped, the last of several, `null` as
/// if absent, whatever follows the first value ignored, base64 with line ends in it. A member of another type is an error.
///
/// Many documents hold secrets. They, and the arrays that ``json`` gives, belong to whoever got them, who wipes them when
/// done: ``wipe()``. A document that turns out to be none is wiped as far as it was read.
package protocol KESDocument: Sendable {
    init(json: UnsafeRawBufferPointer) throws(KESDocumentError)

    /// Appends the compact document, without a line end.
    func append(to json: inout [UInt8])

    /// Overwrites what is secret in it.
    mutating func wipe()
}

extension KESDocument {
    package mutating func wipe() {}

    package init(json: [UInt8]) throws(KESDocumentError) {
        let outcome: Result<Self, KESDocumentError> = json.withUnsafeBytes { json in
            do throws(KESDocumentError) {
                return .success(try Self(json: json))
            } catch {
                return .failure(error)
            }
        }
        self = try outcome.get()
    }

    /// The compact document and a line feed.
    package var json: [UInt8] {
        var json: [UInt8] = []
        append(to: &json)
        json.append(UInt8(ascii: "\n"))
        return json
    }
}

/// A document that is one JSON object.
package protocol KESObject: KESDocument {
    /// The document before any member was read.
    init()

    /// Reads the value of a member that the document has; `false` for any other, with nothing read.
    mutating func readMember(_ member: JSONName, from scanner: inout JSONScanner) throws(KESDocumentError) -> Bool

    /// Appends the members. A document with secrets reserves their room first: growing would leave copies behind.
    func appendMembers(to json: inout [UInt8])
}

extension KESObject {
    package init(json: UnsafeRawBufferPointer) throws(KESDocumentError) {
        var scanner = JSONScanner(json)
        try self.init(from: &scanner)
    }

    init(from scanner: inout JSONScanner) throws(KESDocumentError) {
        self.init()
        do throws(KESDocumentError) {
            try scanner.readObject { (name, scanner) throws(KESDocumentError) in
                try readMember(name, from: &scanner)
            }
        } catch {
            wipe()
            throw error
        }
    }

    package func append(to json: inout [UInt8]) {
        json.append(UInt8(ascii: "{"))
        appendMembers(to: &json)
        json.append(UInt8(ascii: "}"))
    }
}

/// Why bytes are not the document that was expected; for logs, never for clients.
package typealias KESDocumentError = JSONError
