import AccessPolicy
import HTTPServer
import JSON
import Requests
import S3Protocol
import SealedStorage

/// Changes one setting of a bucket, if it is still as the page has seen it, and answers it as it is now.
enum PutBucketSettingCall {
    static func perform(_ call: Call) async throws {
        guard let name = BucketSettingName(rawValue: call.detail) else { throw ConsoleError.noSuchCall }
        let bucket = try call.required("b")
        let members = try await call.members(["value"])
        guard members.has("value") else { throw ConsoleError.invalid("The member 'value' is missing.") }
        let setting = BucketSetting(name)
        let request = try setting.change(to: members["value"] ?? .null, of: bucket)
        _ = try await call.agent.perform(request, expecting: try expectation(name, call))
        let on = Resource.bucket(bucket)
        let allowed = try call.agent.allow(
            [Demand(setting.reading, on: on), Demand(setting.writing, on: on)], in: call.request)
        try await call.answer(
            try await setting.document(of: bucket, canRead: allowed[0], canWrite: allowed[1], call))
    }

    private static func expectation(_ name: BucketSettingName, _ call: Call) throws(ConsoleError) -> SettingExpectation?
    {
        guard let header = call.request.head.header("if-match") else { return nil }
        let tag = header.filter { $0 != "\"" }
        guard tag.utf8.count == 32 else { throw .invalid("If-Match is not a tag of a setting.") }
        return SettingExpectation(name, tag: tag)
    }
}
