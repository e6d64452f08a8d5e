import JSON
import S3Protocol

/// Changes of one object.
enum ChangeCalls {
    static let routes = [
        CallRoute("PUT object/tags", ["b", "k", "v"], putTags),
        CallRoute("PUT object/retention", ["b", "k", "v"], putRetention),
        CallRoute("PUT object/hold", ["b", "k", "v"], putHold),
        CallRoute("DELETE object", ["b", "k", "v"], delete),
        CallRoute("POST object/copy", CopyObjectCall.perform),
    ]

    private static func request(_ method: String, _ call: Call, _ parameter: String?) throws -> InnerRequest {
        var request = InnerRequest(method, bucket: try call.required("b"), key: try call.required("k"))
        if let parameter { request.add(parameter, "") }
        request.add("versionId", call.parameter("v"))
        return request
    }

    private static func putTags(_ call: Call) async throws {
        let members = try await call.members(["value"])
        let pairs = try members.pairs("value")
        if pairs.isEmpty {
            _ = try await call.agent.perform(try request("DELETE", call, "tagging"))
        } else {
            var put = try request("PUT", call, "tagging")
            put.body = try ObjectTags(
                checking: pairs.map { (key: $0.name, value: $0.value) }, maximum: ObjectTags.maximumOfObject
            ).xml()
            _ = try await call.agent.perform(put)
        }
        try await call.answer(.object(["value": .object(pairs.map { ($0.name, .string($0.value)) })]))
    }

    private static func putRetention(_ call: Call) async throws {
        let members = try await call.members(["value", "bypass"])
        var put = try request("PUT", call, "retention")
        var xml = XMLWriter()
        xml.openRoot("Retention")
        if let retention = try members.members("value", known: ["mode", "until"]) {
            xml.element("Mode", try retention.required("mode"))
            xml.element("RetainUntilDate", try retention.required("until"))
        }
        xml.close("Retention")
        put.body = xml.bytes
        if try members.flag("bypass") { put.addHeader("x-amz-bypass-governance-retention", "true") }
        _ = try await call.agent.perform(put)
        try await call.answer(.object(["value": members["value"] ?? .null]))
    }

    private static func putHold(_ call: Call) async throws {
        let members = try await call.members(["value"])
        guard members.has("value") else { throw ConsoleError.invalid("The member 'value' is missing.") }
        let isHeld = try members.flag("value")
        var put = try request("PUT", call, "legal-hold")
        var xml = XMLWriter()
        xml.openRoot("LegalHold")
        xml.element("Status", isHeld ? "ON" : "OFF")
        xml.close("LegalHold")
        put.body = xml.bytes
        _ = try await call.agent.perform(put)
        try await call.answer(.object(["value": .bool(isHeld)]))
    }

    private static func delete(_ call: Call) async throws {
        let answer = try await call.agent.perform(try request("DELETE", call, nil))
        var document = JSONObject()
        document["version"] = answer.header("x-amz-version-id").map { .string($0) }
        document["deleteMarker"] = .bool(answer.header("x-amz-delete-marker") == "true")
        try await call.answer(document.value)
    }
}

/// A copy of one object: a version brought back, other metadata, another encryption.
enum CopyObjectCall {
    static func perform(_ call: Call) async throws {
        let members = try await call.members([
            "from", "to", "encryption", "contentType", "cacheControl", "metadata", "overwrite",
        ])
        guard let source = try members.members("from", known: ["bucket", "key", "version"]),
            let target = try members.members("to", known: ["bucket", "key"])
        else { throw ConsoleError.invalid("The members 'from' and 'to' are missing.") }
        var headers = try ObjectHeaders.of(members)
        let replaces = ["contentType", "cacheControl", "metadata"].contains { members[$0] != nil }
        if replaces { headers.append(("x-amz-metadata-directive", "REPLACE")) }
        let from = (
            bucket: try source.required("bucket"), key: try source.required("key"), version: try source.text("version")
        )
        let request = CopySourceHeaders.request(
            from: from, to: (bucket: try target.required("bucket"), key: try target.required("key")), tag: nil, headers,
            overwrites: try members.flag("overwrite"))
        let answer = try await call.agent.perform(request)
        // A failure after the answer has begun stands in a document of status 200.
        let xml = try answer.xml()
        guard xml.name == "CopyObjectResult" else { throw ConsoleError(refusalOf: 500, answer.headers, answer.body) }
        var document = JSONObject()
        document["etag"] = try xml.optionalText("ETag").map { .string($0.filter { $0 != "\"" }) }
        document["version"] = answer.header("x-amz-version-id").map { .string($0) }
        try await call.answer(document.value)
    }
}
