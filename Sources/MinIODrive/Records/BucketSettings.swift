/// A bucket's record: its settings as the documents of S3's requests.
package struct BucketSettings: Sendable {
    /// Milliseconds since 1970; nil when it is not known.
    package private(set) var created: Int64?
    /// By their names in the record, such as `PolicyConfigJSON`; none is empty.
    package private(set) var documents: [String: [UInt8]] = [:]
    /// As buckets were locked before they had a document for it.
    package private(set) var isLocked = false

    /// Form: format 1 and version 1 (16 bits each, little-endian), a map.
    package init(_ bytes: [UInt8]) throws(DriveFault) {
        guard bytes.count > 4, bytes[..<4].elementsEqual([1, 0, 1, 0]) else {
            throw .unsupported("the form of the bucket's record")
        }
        var reader = MessagePackReader(bytes[4...])
        for _ in 0..<(try reader.readMap(limit: 256)) {
            let name = try reader.readText()
            if reader.takeNil() { continue }
            if name == "Created" {
                created = try reader.readTime()
            } else if name == "LockEnabled" {
                isLocked = try reader.readBool()
            } else if name.hasSuffix("XML") || name.hasSuffix("JSON") {
                let document = Array(try reader.readBytes())
                if !document.isEmpty { documents[name] = document }
            } else {
                try reader.skip()
            }
        }
    }
}
