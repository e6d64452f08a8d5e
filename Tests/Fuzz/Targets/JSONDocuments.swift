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
            try require(other != nil, "Foundation refuses it")
        }
        if let context = KMSContext(canonicalJSON: bytes) {
            try require(context.canonicalJSON == bytes, "a context that is another")
        }
        _ = try? BucketQuota.parse(bytes)
        _ = try? KeyringDocument(bytes, path: "")
    }
}
