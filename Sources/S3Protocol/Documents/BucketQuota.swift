import JSON

/// How much a bucket may have, as `mc quota` sets it: MinIO's JSON document.
package struct BucketQuota: Hashable, Sendable {
    /// The most bytes that all versions of the bucket may have together; 0 for no bound.
    package var bytes: UInt64
    /// Kept for who asks for it; nobody keeps to it, as in MinIO: bytes a second, requests a second.
    package var rate: UInt64
    package var requests: UInt64

    package init(bytes: UInt64, rate: UInt64 = 0, requests: UInt64 = 0) {
        self.bytes = bytes
        self.rate = rate
        self.requests = requests
    }

    /// Bytes of the document.
    package static let maximumByteCount = 16 << 10

    /// Whether nothing is bounded: a bucket without a quota.
    package var isEmpty: Bool { bytes == 0 && rate == 0 && requests == 0 }

    /// The bytes that the commit of a write keeps to; `nil` for no bound.
    package var limit: Int64? { bytes == 0 ? nil : Int64(clamping: bytes) }

    /// Of the two members for the bytes `size` counts where it is not 0, else the older `quota`.
    ///
    /// - Throws: `invalidRequest` for what is no such document, for a number below 0, and for a type other than `hard`.
    package static func parse(_ document: [UInt8]) throws(S3Error) -> BucketQuota {
        guard document.count <= maximumByteCount, let json = JSONValue(document), case .object = json else {
            throw S3Error(.invalidRequest, "The quota is not a JSON document.")
        }
        let (older, size) = (try number("quota", of: json), try number("size", of: json))
        let quota = BucketQuota(
            bytes: size > 0 ? size : older, rate: try number("rate", of: json),
            requests: try number("requests", of: json))
        switch json["quotatype"] {
        case .string("hard"): break
        // MinIO's clients take a quota away with zeros and no type.
        case nil, .null, .string(""):
            guard quota.isEmpty else { throw S3Error(.invalidRequest, "The quota has no type.") }
        default: throw S3Error(.invalidRequest, "The type of the quota is not known.")
        }
        return quota
    }

    private static func number(_ name: String, of document: JSONValue) throws(S3Error) -> UInt64 {
        switch document[name] {
        case nil, .null: return 0
        case .number(let text):
            guard let number = UInt64(text) else {
                throw S3Error(.invalidRequest, "The quota's '\(name)' is not a number from 0 on.")
            }
            return number
        default: throw S3Error(.invalidRequest, "The quota's '\(name)' is not a number from 0 on.")
        }
    }

    package func json() -> [UInt8] {
        var json = Array("{".utf8)
        json.appendMember("quota", integer: bytes)
        json.appendMember("size", integer: bytes)
        json.appendMember("rate", integer: rate)
        json.appendMember("requests", integer: requests)
        json.appendMember("quotatype", unlessEmpty: isEmpty ? "" : "hard")
        json.append("}")
        return json
    }
}
