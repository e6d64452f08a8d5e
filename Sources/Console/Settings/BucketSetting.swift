import AccessPolicy
import JSON
import S3Protocol
import SealedStorage

/// One setting of a bucket: with which requests it is read and changed, and how the page spells it.
struct BucketSetting: Sendable {
    let name: BucketSettingName

    init(_ name: BucketSettingName) { self.name = name }

    /// The right to read it.
    var reading: Action {
        switch name {
        case .encryption: .getEncryptionConfiguration
        case .versioning: .getBucketVersioning
        case .locking: .getBucketObjectLockConfiguration
        case .policy: .getBucketPolicy
        case .publicAccess: .getBucketPublicAccessBlock
        case .tags: .getBucketTagging
        case .quota: .getBucketQuota
        case .lifecycle: .getLifecycleConfiguration
        case .cors: .getBucketCORS
        case .notification: .getBucketNotification
        }
    }

    var writing: Action {
        switch name {
        case .encryption: .putEncryptionConfiguration
        case .versioning: .putBucketVersioning
        case .locking: .putBucketObjectLockConfiguration
        case .policy: .putBucketPolicy
        case .publicAccess: .putBucketPublicAccessBlock
        case .tags: .putBucketTagging
        case .quota: .setBucketQuota
        case .lifecycle: .putLifecycleConfiguration
        case .cors: .putBucketCORS
        case .notification: .putBucketNotification
        }
    }

    /// The parameter that makes a request to the bucket one about the setting; `nil` for the administration's.
    private var parameter: String? {
        switch name {
        case .encryption: "encryption"
        case .versioning: "versioning"
        case .locking: "object-lock"
        case .policy: "policy"
        case .publicAccess: "publicAccessBlock"
        case .tags: "tagging"
        case .quota: nil
        case .lifecycle: "lifecycle"
        case .cors: "cors"
        case .notification: "notification"
        }
    }

    // MARK: Reading

    func document(of bucket: String, canRead: Bool, canWrite: Bool, _ call: Call) async throws -> JSONValue {
        var document = JSONObject(["canRead": .bool(canRead), "canWrite": .bool(canWrite)])
        guard canRead, let known = call.context.drive.buckets.bucket(named: bucket) else { return document.value }
        do {
            // Before the value: should it change between the two, a change is refused that need not be, and none is lost.
            let record = try known.record
            document["etag"] = .string("\"\(record.tag(of: name))\"")
            switch name {
            case .encryption:
                document["effective"] = EncryptionSetting.effective(record.encryption, call.context)
                document["source"] = .string(record.encryption?.algorithm == nil ? "server" : "bucket")
            case .policy:
                if case .readable(let policy)? = record.policy { document["public"] = .bool(policy.isPublic) }
            default: break
            }
            document["value"] = try await value(of: bucket, call.agent)
        } catch {
            let refusal = ConsoleError(of: error)
            document["error"] = .object(["code": .string(refusal.code), "message": .string(refusal.message)])
        }
        return document.value
    }

    private func value(of bucket: String, _ agent: Agent) async throws -> JSONValue {
        guard let parameter else {
            let answer = try await agent.perform(
                InnerRequest("GET", administration: "/minio/admin/v3/get-bucket-quota", query: [("bucket", bucket)]))
            let bytes = try answer.json()["quota"]?.integer ?? 0
            return bytes == 0 ? .null : .integer(bytes)
        }
        let answer = try await agent.answer(InnerRequest("GET", bucket: bucket, query: [(parameter, nil)]))
        guard !answer.isRefusal else {
            let refusal = answer.refusal
            // What is not set is not found.
            if answer.status == 404, refusal.code != "NoSuchBucket" { return .null }
            throw refusal
        }
        return try parse(answer.body)
    }

    private func parse(_ document: [UInt8]) throws -> JSONValue {
        switch name {
        case .encryption: return EncryptionSetting.value(try ServerSideEncryptionConfiguration.parse(document))
        case .versioning:
            let status = try VersioningConfiguration.parse(answer: document).status
            return status.map { .string($0.rawValue.lowercased()) } ?? .null
        case .locking: return LockingSetting.value(try ObjectLockConfiguration.parse(document))
        case .policy:
            guard let policy = JSONValue(document) else { throw ConsoleError(S3Error(.malformedPolicy)) }
            return policy
        case .publicAccess: return PublicAccessSetting.value(try PublicAccessBlock.parse(document))
        case .tags:
            let tags = try ObjectTags(document: document, maximum: ObjectTags.maximumOfBucket)
            return .object(tags.pairs.map { ($0.key, .string($0.value)) })
        case .quota: return .null
        case .lifecycle, .cors, .notification:
            let xml = try XMLReader.parse(document)
            return xml.children.isEmpty ? .null : CommandLineShape.json(of: xml)
        }
    }

    // MARK: Changing

    /// The request that gives a bucket another value, or none.
    func change(to value: JSONValue, of bucket: String) throws -> InnerRequest {
        guard let parameter else { return try QuotaSetting.change(to: value, of: bucket) }
        if case .null = value { return try removal(parameter, of: bucket) }
        var request = InnerRequest("PUT", bucket: bucket, query: [(parameter, nil)])
        request.body = try document(of: value)
        request.addHeader("content-type", name == .policy ? "application/json" : "application/xml")
        return request
    }

    private func removal(_ parameter: String, of bucket: String) throws -> InnerRequest {
        switch name {
        case .encryption, .policy, .publicAccess, .tags, .lifecycle, .cors:
            return InnerRequest("DELETE", bucket: bucket, query: [(parameter, nil)])
        case .notification:
            var request = InnerRequest("PUT", bucket: bucket, query: [(parameter, nil)])
            request.body = Array("<NotificationConfiguration/>".utf8)
            return request
        case .versioning, .locking, .quota:
            throw ConsoleError.invalid("The setting '\(name.rawValue)' cannot be taken away.")
        }
    }

    private func document(of value: JSONValue) throws -> [UInt8] {
        switch name {
        case .encryption: return try EncryptionSetting.configuration(value).xml()
        case .versioning:
            switch value.string {
            case "enabled": return VersioningConfiguration(status: .enabled).xml()
            case "suspended": return VersioningConfiguration(status: .suspended).xml()
            default: throw ConsoleError.invalid("The versioning is neither 'enabled' nor 'suspended'.")
            }
        case .locking: return try LockingSetting.configuration(value)
        case .policy:
            guard case .object = value else { throw ConsoleError.invalid("The policy is not an object.") }
            return value.bytes
        case .publicAccess: return try PublicAccessSetting.block(value).xml()
        case .tags:
            let pairs = try JSONMembers(.object([("value", value)]), known: ["value"]).pairs("value")
            return try ObjectTags(
                checking: pairs.map { (key: $0.name, value: $0.value) }, maximum: ObjectTags.maximumOfBucket
            ).xml()
        case .quota: return []
        case .lifecycle: return try CommandLineShape.xml(of: value, root: "LifecycleConfiguration")
        case .cors: return try CommandLineShape.xml(of: value, root: "CORSConfiguration")
        case .notification: return try CommandLineShape.xml(of: value, root: "NotificationConfiguration")
        }
    }
}
