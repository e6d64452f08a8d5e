import AccessPolicy
import JSON
import ObjectStorage
import S3Protocol
import SealedStorage

/// Buckets: their list, making and deleting them, and what is set for one.
enum BucketCalls {
    static let routes =
        [
            CallRoute("GET buckets", ["after", "limit", "q"], list),
            CallRoute("POST buckets", CreateBucketCall.perform),
            CallRoute("DELETE buckets", ["b", "contents"], delete),
            CallRoute("GET bucket", ["b"], GetBucketCall.perform),
        ]
        + BucketSettingName.allCases.map { setting in
            CallRoute("PUT bucket/\(setting.rawValue)", ["b"], detail: setting.rawValue, PutBucketSettingCall.perform)
        }

    private static func list(_ call: Call) async throws {
        let limit = try call.integer("limit", in: 1...1000, else: 1000)
        let after = call.parameter("after")
        let text = Array((call.parameter("q") ?? "").lowercased().utf8)
        try await call.makeRoom()
        let showsAll = try call.agent.allows(.listAllMyBuckets, on: .service, in: call.request)
        let document = try await call.context.drive.offload {
            var rows: [JSONValue] = []
            var total = 0
            var next: String?
            var last: String?
            let directory = call.context.drive.buckets
            for listed in directory.sorted.page(limit: .max).buckets
            where contains(listed.name, text) && (showsAll || BucketRow.isVisible(listed.name, call)) {
                total += 1
                if let after, !after.utf8.lexicographicallyPrecedes(listed.name.utf8) { continue }
                guard rows.count < limit else {
                    next = last
                    continue
                }
                guard let bucket = directory.bucket(named: listed.name) else { continue }
                rows.append(BucketRow.document(bucket, call))
                last = listed.name
            }
            return JSONValue.object([
                "buckets": .array(rows), "next": next.map { .string($0) }, "total": .integer(total),
            ]).bytes
        }
        try await call.answer(document)
    }

    /// Names have no letters but those of ASCII, in lower case.
    private static func contains(_ name: String, _ text: [UInt8]) -> Bool {
        text.isEmpty || Array(name.utf8).firstRange(of: text) != nil
    }

    private static func delete(_ call: Call) async throws {
        var request = InnerRequest("DELETE", bucket: try call.required("b"))
        if try call.flag("contents") { request.addHeader("x-minio-force-delete", "true") }
        _ = try await call.agent.perform(request)
        await call.answerNothing()
    }
}

/// A bucket in a list: what of it one may see.
enum BucketRow {
    /// As the administration's account information has it: who may read or write it.
    static func isVisible(_ name: String, _ call: Call) -> Bool {
        let demands = [
            Demand(.listBucket, on: .bucket(name)), Demand(.getBucketLocation, on: .bucket(name)),
            Demand(.putObject, on: .someObject(bucket: name)),
        ]
        return (try? call.agent.allow(demands, in: call.request))?.contains(true) ?? false
    }

    /// Some tens of microseconds.
    static func document(_ bucket: Bucket, _ call: Call) -> JSONValue {
        let on = Resource.bucket(bucket.name)
        let allowed =
            (try? call.agent.allow(
                [
                    Demand(.listBucket, on: on), Demand(.getEncryptionConfiguration, on: on),
                    Demand(.getBucketVersioning, on: on), Demand(.getBucketPolicy, on: on),
                    Demand(.getBucketQuota, on: on),
                ], in: call.request)) ?? []
        func may(_ index: Int) -> Bool { index < allowed.count && allowed[index] }
        var row = JSONObject(["name": .string(bucket.name), "created": .time(bucket.created)])
        if may(0), let usage = try? call.context.drive.buckets.usage(of: bucket) { row.set(usage) }
        if may(2) {
            row["versioning"] = bucket.versioning.status.map { .string($0) } ?? .null
            row["locked"] = .bool(bucket.versioning == .locked)
        }
        do {
            let record = try bucket.record
            if may(1) { row["encryption"] = EncryptionSetting.effective(record.encryption, call.context) }
            if may(3) { row["access"] = .string(access(record)) }
            if may(4) { row["quota"] = record.quota?.limit.map { .integer($0) } }
        } catch {
            row["problem"] = .string(ConsoleError(of: error).code)
        }
        return row.value
    }

    /// Who is let in by the bucket's policy.
    private static func access(_ record: BucketRecord) -> String {
        switch record.policy {
        case nil: "private"
        case .unreadable: "policy"
        case .readable(let policy):
            policy.isPublic && record.publicAccessBlock?.restrictPublicBuckets != true ? "public" : "policy"
        }
    }
}

extension JSONObject {
    mutating func set(_ usage: BucketUsage) {
        self["objects"] = .integer(usage.objects)
        self["versions"] = .integer(usage.versions)
        self["deleteMarkers"] = .integer(usage.deleteMarkers)
        self["bytes"] = .integer(usage.bytes)
    }
}

extension BucketVersioning {
    /// `nil` where versioning was never switched on.
    var status: String? {
        switch self {
        case .unversioned: nil
        case .enabled, .locked: "enabled"
        case .suspended: "suspended"
        }
    }
}
