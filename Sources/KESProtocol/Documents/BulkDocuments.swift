import Cryptography
import JSON

/// Several ciphertexts of one key: a JSON array.
package struct BulkDecryptRequest: KESDocument {
    package var ciphertexts: [DecryptRequest]

    package init(ciphertexts: [DecryptRequest]) { self.ciphertexts = ciphertexts }

    package init(json: UnsafeRawBufferPointer) throws(KESDocumentError) {
        var scanner = JSONScanner(json)
        ciphertexts = try scanner.readObjects()
    }

    package func append(to json: inout [UInt8]) { json.append(objects: ciphertexts) }
}

/// Their plaintexts, in the same order.
package struct BulkDecryptResponse: KESDocument {
    package var plaintexts: [DecryptResponse]

    package init(plaintexts: [DecryptResponse] = []) { self.plaintexts = plaintexts }

    package init(json: UnsafeRawBufferPointer) throws(KESDocumentError) {
        var scanner = JSONScanner(json)
        plaintexts = try scanner.readObjects()
    }

    package func append(to json: inout [UInt8]) {
        // Growing would leave copies of the secrets behind.
        json.reserveCapacity(json.count + plaintexts.reduce(2) { $0 + 24 + $1.plaintext.count * 4 / 3 })
        json.append(objects: plaintexts)
    }

    package mutating func wipe() {
        for index in plaintexts.indices { plaintexts[index].wipe() }
    }
}

/// Asks for several data keys of one master key: a JSON array where KES knows an object alone.
///
/// It goes to the route of single data keys, so that the same policies allow it.
package struct BulkGenerateRequest: KESDocument {
    /// A server makes no more of them in one call: the time they take, a good half of a millisecond, other requests wait.
    package static let maxCount = 128

    package var requests: [GenerateRequest]

    package init(requests: [GenerateRequest]) { self.requests = requests }

    package init(json: UnsafeRawBufferPointer) throws(KESDocumentError) {
        var scanner = JSONScanner(json)
        requests = try scanner.readObjects()
    }

    /// Whether a document looks like a list.
    package static func matches(_ json: UnsafeRawBufferPointer) -> Bool {
        json.first { $0 != 0x20 && $0 != 0x0a && $0 != 0x0d && $0 != 0x09 } == UInt8(ascii: "[")
    }

    package func append(to json: inout [UInt8]) { json.append(objects: requests) }
}

/// The data keys, in the order of their contexts.
package struct BulkGenerateResponse: KESDocument {
    package var keys: [GenerateResponse]

    package init(keys: [GenerateResponse] = []) { self.keys = keys }

    package init(json: UnsafeRawBufferPointer) throws(KESDocumentError) {
        var scanner = JSONScanner(json)
        keys = try scanner.readObjects()
    }

    package func append(to json: inout [UInt8]) {
        json.reserveCapacity(
            json.count + keys.reduce(2) { $0 + 48 + ($1.plaintext.count + $1.ciphertext.count) * 4 / 3 })
        json.append(objects: keys)
    }

    package mutating func wipe() {
        for index in keys.indices { keys[index].wipe() }
    }
}
