import HTTPClient
import Notation
import S3Protocol

extension S3Client {
    package struct ListedObject: Sendable {
        package let key: String
        /// Plaintext bytes.
        package let size: Int64
        /// As the server writes it: `2006-01-02T15:04:05.000Z`.
        package let modified: String
    }

    package struct Page: Sendable {
        package var objects: [ListedObject] = []
        /// What was folded away at the delimiter.
        package var prefixes: [String] = []
        /// Where the next page begins; `nil` after the last.
        package var next: String?
    }

    /// One page of a listing, of up to 1 000 keys.
    ///
    /// - Parameters:
    ///   - prefix: what keys begin with: `address.key`.
    ///   - isRecursive: whether what lies behind the next `/` is listed too, not folded away.
    package func list(
        _ address: ObjectAddress, isRecursive: Bool, after token: String?
    ) async throws(S3ClientError) -> Page {
        var query = [("encoding-type", "url"), ("list-type", "2"), ("prefix", address.key)]
        if !isRecursive { query.append(("delimiter", "/")) }
        if let token { query.append(("continuation-token", token)) }
        let call = Call(method: .get, address: ObjectAddress(bucket: address.bucket), query: query)
        let answer = try document(try await send(call), "ListBucketResult")
        var page = Page()
        for object in answer.all("Contents") {
            page.objects.append(
                ListedObject(
                    key: try Self.key(try object.text("Key"), in: answer), size: try object.number("Size"),
                    modified: try object.text("LastModified")))
        }
        for prefix in answer.all("CommonPrefixes") {
            page.prefixes.append(try Self.key(try prefix.text("Prefix"), in: answer))
        }
        if (try? answer.optionalFlag("IsTruncated")) == true { page.next = try answer.text("NextContinuationToken") }
        return page
    }

    /// A key of a listing.
    ///
    /// - Parameter answer: says whether keys in it are percent-encoded: not every server does what it is asked to.
    static func key(_ text: String, in answer: XMLElement) throws(S3ClientError) -> String {
        guard (try? answer.optionalText("EncodingType")) == "url" else { return text }
        do {
            return try PercentEncoding.decode(text, plus: .literal)
        } catch {
            throw .unreadable("a listing with a key that is not percent-encoded")
        }
    }
}
