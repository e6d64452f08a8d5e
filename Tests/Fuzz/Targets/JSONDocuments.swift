import Foundation
import JSON
import KeyManagement
import S3Protocol

extension FuzzTarget {
    /// JSON, and the documents that have no readers of their own; Foundation takes what is taken here.
    static let json = FuzzTarget("json") { (bytes) throws(BrokenPromise) in
        if let value = JSONValue(bytes) {
            let text = value.bytes
            guard let again = JSONValue(text) else { throw BrokenPromise("what was written is refused: \(text.text)") }
            try require(again.bytes == text, "written \(text.text), then \(again.bytes.text)")
            let other = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
            // Numbers that no `Double` holds are Foundation's own limit.
            try require(other != nil || hasHugeNumber(value), "Foundation refuses it")
        }
        if let context = KMSContext(canonicalJSON: bytes) {
            try require(context.canonicalJSON == bytes, "a context that is another")
        }
        _ = try? BucketQuota.parse(bytes)
        _ = try? KeyringDocument(bytes, path: "")
    }

    private static func hasHugeNumber(_ value: JSONValue) -> Bool {
        switch value {
        case .number(let text): Double(text).map { !$0.isFinite } ?? true
        case .array(let elements): elements.contains(where: hasHugeNumber)
        case .object(let members): members.contains { hasHugeNumber($0.value) }
        case .string, .bool, .null: false
        }
    }
}
