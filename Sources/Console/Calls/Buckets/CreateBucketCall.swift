import JSON
import S3Protocol
import SealedStorage

/// Makes a bucket with what is set for it: as one step, which is taken back when a part of it is refused.
enum CreateBucketCall {
    static func perform(_ call: Call) async throws {
        let members = try await call.members(["name", "encryption", "versioning", "locking", "retention", "quota"])
        let name = try members.required("name")
        let isLocked = try members.flag("locking") || members.has("retention")
        var settings: [InnerRequest] = []
        if let encryption = members["encryption"] {
            settings.append(try BucketSetting(.encryption).change(to: encryption, of: name))
        }
        if try members.flag("versioning"), !isLocked {
            settings.append(try BucketSetting(.versioning).change(to: .string("enabled"), of: name))
        }
        if let retention = members["retention"] {
            let value = JSONValue.object(["enabled": .bool(true), "retention": retention])
            settings.append(try BucketSetting(.locking).change(to: value, of: name))
        }
        if let quota = members["quota"] { settings.append(try BucketSetting(.quota).change(to: quota, of: name)) }

        var creation = InnerRequest("PUT", bucket: name)
        if isLocked { creation.addHeader("x-amz-bucket-object-lock-enabled", "true") }
        _ = try await call.agent.perform(creation)
        do {
            for setting in settings { _ = try await call.agent.perform(setting) }
        } catch {
            var refusal = ConsoleError(of: error)
            let removal = try await call.agent.answer(InnerRequest("DELETE", bucket: name))
            if removal.isRefusal {
                refusal.cause = "The bucket was made and could not be removed again: \(removal.refusal.message)"
            }
            throw refusal
        }
        guard let bucket = call.context.drive.buckets.bucket(named: name) else {
            throw ConsoleError(S3Error(.noSuchBucket))
        }
        try await call.answer(BucketRow.document(bucket, call), status: 201)
    }
}
