import Cryptography
import Notation
import S3Protocol

extension FuzzTarget {
    /// Headers of a request for an object, a line each: ranges, conditions, dates, tags, encryption, metadata, locks.
    static let headers = FuzzTarget("headers") { (bytes) throws(BrokenPromise) in
        let headers = bytes.headers
        for (_, value) in headers {
            try readRange(value)
            try readTags(value)
            if let time = HTTPDate.parse(value) {
                try require(HTTPDate.parse(HTTPDate.format(time * 1000)) == time, "\(value) is \(time)")
            }
            _ = ETag(lenient: value)
            _ = try? CopySourceAddress(header: value)
            _ = EncodedWord.encode(value)
            _ = ContentEncoding.withoutAWSChunked(value)
        }
        let etag = ETag(unquoted: "0123456789abcdef0123456789abcdef")
        let conditions = Preconditions(headers)
        _ = conditions.evaluate(etag: etag, modified: 1_700_000_000_000)
        _ = conditions.servesRange(etag: etag, modified: 1_700_000_000_000)
        _ = Preconditions(copySource: headers).evaluateCopySource(etag: etag, modified: 0)
        _ = (try? WritePreconditions(headers))?.evaluate(current: etag)
        _ = (try? DeletePreconditions(headers))?.evaluate(etag: etag, modified: 0, size: 1)
        _ = try? SSEHeaders.ofWrite(headers, isSecure: true)
        _ = try? SSEHeaders.ofCopyTarget(headers, isSecure: true)
        _ = try? SSEHeaders.ofCopySource(headers, isSecure: true)
        _ = try? SSEHeaders.ofRead(headers, isSecure: true)
        _ = try? RequestedChecksum(headers: headers)
        _ = try? UploadChecksum.parse(headers: headers)
        _ = try? ObjectLock(headers, at: 0)
        _ = try? AccessControlList.grantees(headers)
        _ = try? ObjectAttributesRequest(headers)
        _ = try? CrossOriginRequest(preflight: headers)
        if let metadata = try? UserMetadata(headers) {
            try require(metadata.entries.allSatisfy { !$0.name.isEmpty }, "metadata without a name")
        }
        _ = ContentHeaders(headers)
    }

    private static func readRange(_ value: String) throws(BrokenPromise) {
        for size in [0, 1, 1000, Int64.max] as [Int64] {
            if case .slice(let range) = RangeOutcome.of(value, size: size) {
                try require(
                    range.lowerBound >= 0 && range.lowerBound < range.upperBound && range.upperBound <= size,
                    "\(range) of \(size) bytes")
            }
            if let range = try? ByteRange.copySource(value, size: size) {
                try require(range.lowerBound >= 0 && range.upperBound <= size, "\(range) of \(size) bytes")
            }
        }
    }

    private static func readTags(_ value: String) throws(BrokenPromise) {
        guard let tags = try? ObjectTags(header: value) else { return }
        let again = try? ObjectTags(document: tags.xml(), maximum: ObjectTags.maximumOfBucket)
        try require(again?.pairs.elementsEqual(tags.pairs, by: ==) == true, "tags written and read differ: \(value)")
    }
}
