import AccessPolicy
import Cryptography
import HTTPServer
import JSON
import KeyManagement
import Notation
import S3Protocol
import SealedStorage

/// Everything that is known of an object.
enum GetObjectCall {
    static func perform(_ call: Call) async throws {
        let bucket = try call.required("b")
        let key = try call.required("k")
        let version = call.parameter("v")
        let head = try await Self.head(call, bucket, key, version)
        let found = version ?? head.header("x-amz-version-id")

        var document = JSONObject(["bucket": .string(bucket), "key": .string(key)])
        document["version"] = found.map { .string($0) }
        document["size"] = head.contentLength.map { .integer($0) }
        document["modified"] = head.header("last-modified").flatMap { HTTPDate.parse($0) }.map { .time($0 * 1000) }
        document["etag"] = head.header("etag").map { .string($0.filter { $0 != "\"" }) }
        document["class"] = .string(head.header("x-amz-storage-class") ?? "STANDARD")
        document["contentType"] = head.header("content-type").map { .string($0) }
        document["encryption"] = encryption(head, stored(call, bucket, key, found, head))
        document["headers"] = .array(
            head.headers.filter { shows($0.name) }.map { .strings([canonical($0.name), $0.value]) })
        let metadata = head.headers.filter { $0.name.hasPrefix("x-amz-meta-") }
        document["metadata"] = .object(metadata.map { (String($0.name.dropFirst(11)), .string($0.value)) })
        let checksums = head.headers.filter { $0.name.hasPrefix("x-amz-checksum-") && !$0.name.hasSuffix("-type") }
        document["checksums"] = .object(checksums.map { ($0.name.dropFirst(15).uppercased(), .string($0.value)) })
        if let stored = stored(call, bucket, key, found, head), stored.record.partCount > 0 {
            document["parts"] = .integer(stored.record.partCount)
        }
        document["tags"] = try await tags(call, bucket, key, version)
        if let mode = head.header("x-amz-object-lock-mode") {
            document["retention"] = .object([
                "mode": .string(mode), "until": head.header("x-amz-object-lock-retain-until-date").map { .string($0) },
            ])
        }
        document["legalHold"] = head.header("x-amz-object-lock-legal-hold").map { .bool($0 == "ON") }
        if let preview = Preview(key: key, type: head.header("content-type")) {
            document["preview"] = .object([
                "kind": .string(preview.kind.rawValue), "type": .string(preview.type),
            ])
        }
        try await call.answer(document.value)
    }

    /// The object's head, as its reader is allowed it.
    static func head(
        _ call: Call, _ bucket: String, _ key: String, _ version: String?
    ) async throws -> InnerAnswer {
        var request = InnerRequest("HEAD", bucket: bucket, key: key)
        request.add("versionId", version)
        request.addHeader("x-amz-checksum-mode", "ENABLED")
        CustomerKeyPassing.add(call.request.head, to: &request)
        let answer = try await call.agent.answer(request, secrets: call.request.head)
        guard !answer.isRefusal else {
            var refusal = answer.refusal
            refusal.resource = "/\(bucket)/\(key)"
            throw refusal
        }
        return answer
    }

    /// The object of that head; nil when it has been replaced meanwhile.
    static func stored(
        _ call: Call, _ bucket: String, _ key: String, _ version: String?, _ head: InnerAnswer
    ) -> StoredObject? {
        guard let found = call.context.drive.buckets.bucket(named: bucket), let name = try? ObjectName(key),
            let object = try? call.context.drive.objects.findWithBody(
                found, key: name, version: VersionAddress.selector(version)),
            head.header("etag") == object.record.etag.quoted
        else { return nil }
        return object
    }

    // MARK: Members

    private static func encryption(_ head: InnerAnswer, _ stored: StoredObject?) -> JSONValue {
        var document = JSONObject()
        if head.header("x-amz-server-side-encryption-customer-algorithm") != nil {
            document["scheme"] = .string("SSE-C")
            document["keyMD5"] = head.header("x-amz-server-side-encryption-customer-key-md5").map { .string($0) }
            return document.value
        }
        document["scheme"] = Scheme.name(head.header("x-amz-server-side-encryption")).map { .string($0) }
        if let key = head.header("x-amz-server-side-encryption-aws-kms-key-id") {
            document["key"] = .string(EncryptionSetting.name(key))
            if case .number(let number)? = stored?.keyVersion { document["keyVersion"] = .integer(number) }
            document["bucketKey"] = .bool(head.header("x-amz-server-side-encryption-bucket-key-enabled") == "true")
        }
        if let context = head.header("x-amz-server-side-encryption-context").flatMap(Self.context) {
            document["context"] = context
        }
        return document.value
    }

    private static func context(_ header: String) -> JSONValue? {
        Base64.decode(header).flatMap { JSONValue($0) }
    }

    /// Absent for who may not read them.
    private static func tags(
        _ call: Call, _ bucket: String, _ key: String, _ version: String?
    ) async throws -> JSONValue? {
        var request = InnerRequest("GET", bucket: bucket, key: key, query: [("tagging", nil)])
        request.add("versionId", version)
        let answer = try await call.agent.answer(request)
        guard !answer.isRefusal else { return nil }
        let tags = try ObjectTags(document: answer.body, maximum: ObjectTags.maximumOfBucket)
        return .object(tags.pairs.map { ($0.key, .string($0.value)) })
    }

    // MARK: Headers

    /// What of the head is about the object, and not about the answer.
    private static func shows(_ name: String) -> Bool {
        !["server", "x-amz-request-id", "x-amz-id-2", "accept-ranges", "date", "vary"].contains(name)
            && !name.hasPrefix("access-control-")
    }

    /// `X-Amz-Meta-Some-Name`, `ETag`.
    private static func canonical(_ name: String) -> String {
        if name == "etag" { return "ETag" }
        return name.split(separator: "-", omittingEmptySubsequences: false)
            .map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: "-")
    }
}
