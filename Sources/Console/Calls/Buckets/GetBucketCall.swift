import AccessPolicy
import JSON
import S3Protocol
import SealedStorage

/// Everything that is set for a bucket, each with the tag that a change of it is to name.
enum GetBucketCall {
    static func perform(_ call: Call) async throws {
        let name = try call.required("b")
        let settings = BucketSettingName.allCases.map(BucketSetting.init)
        let on = Resource.bucket(name)
        let demands =
            [Demand(.listBucket, on: on), Demand(.putObject, on: .someObject(bucket: name))]
            + settings.flatMap { [Demand($0.reading, on: on), Demand($0.writing, on: on)] }
        let allowed = try call.agent.allow(demands, in: call.request)
        // Who may do nothing to it learns nothing of it, either.
        guard allowed.contains(true) else { throw ConsoleError(S3Error(.accessDenied)) }
        guard let bucket = call.context.drive.buckets.bucket(named: name) else {
            var refusal = ConsoleError(S3Error(.noSuchBucket))
            refusal.resource = "/\(name)"
            throw refusal
        }
        var document = JSONObject(["name": .string(name), "created": .time(bucket.created)])
        if allowed[0], let usage = try? call.context.drive.buckets.usage(of: bucket) { document.set(usage) }
        var members = JSONObject()
        for (index, setting) in settings.enumerated() {
            members[setting.name.rawValue] = try await setting.document(
                of: name, canRead: allowed[2 + 2 * index], canWrite: allowed[3 + 2 * index], call)
        }
        document["settings"] = members.value
        try await call.answer(document.value)
    }
}
