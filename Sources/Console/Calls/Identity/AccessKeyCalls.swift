import JSON

enum AccessKeyCalls {
    static let routes = [
        CallRoute("GET access-keys", ["user"], list), CallRoute("POST access-keys", create),
        CallRoute("PUT access-keys", ["k"], change), CallRoute("DELETE access-keys", ["k"], remove),
    ]

    private static func list(_ call: Call) async throws {
        let answer = try await call.agent.perform(
            IdentityCalls.request("GET", "list-service-accounts", call.parameter("user").map { [("user", $0)] } ?? [])
        ).json()
        let rows = (answer["accounts"]?.elements ?? []).map { key in
            var row = JSONObject(["accessKey": key["accessKey"], "user": key["parentUser"]])
            row["enabled"] = IdentityCalls.isEnabled(key["accountStatus"])
            row["name"] = key["name"]
            row["description"] = key["description"]
            row["expires"] = expiration(key["expiration"])
            row["restricted"] = .bool(key["impliedPolicy"]?.boolean == false)
            return row.value
        }
        try await call.answer(.object(["accessKeys": .array(rows)]))
    }

    private static func create(_ call: Call) async throws {
        let members = try await call.members(["user", "name", "description", "expires", "policy"])
        var body = JSONObject()
        body["targetUser"] = try members.text("user").map { .string($0) }
        body["name"] = try members.text("name").map { .string($0) }
        body["description"] = try members.text("description").map { .string($0) }
        body["expiration"] = try members.text("expires").map { .string($0) }
        body["policy"] = members["policy"]
        let answer = try await call.agent.perform(
            IdentityCalls.request("PUT", "add-service-account", body: body.value)
        ).json()["credentials"]
        try await call.answer(
            .object([
                "accessKey": answer?["accessKey"], "secretKey": answer?["secretKey"],
                "expires": expiration(answer?["expiration"]),
            ]), status: 201)
    }

    private static func change(_ call: Call) async throws {
        let key = try call.required("k")
        let isEnabled = try await call.members(["enabled"]).flag("enabled")
        let body = JSONValue.object(["newStatus": .string(isEnabled ? "on" : "off")])
        _ = try await call.agent.perform(
            IdentityCalls.request("POST", "update-service-account", [("accessKey", key)], body: body))
        await call.answerNothing()
    }

    private static func remove(_ call: Call) async throws {
        _ = try await call.agent.perform(
            IdentityCalls.request("DELETE", "delete-service-account", [("accessKey", try call.required("k"))]))
        await call.answerNothing()
    }

    /// Nil for the times that stand for never.
    private static func expiration(_ value: JSONValue?) -> JSONValue? {
        guard let text = value?.string, !text.hasPrefix("1970-01-01"), !text.hasPrefix("0001-01-01") else { return nil }
        return .string(text)
    }
}
