import JSON
import SealedStorage

enum UserCalls {
    static let routes = [
        CallRoute("GET users", ["after", "limit"], list), CallRoute("POST users", create),
        CallRoute("PUT users/secret", ["name"], changeSecret), CallRoute("PUT users/status", ["name"], changeStatus),
        CallRoute("DELETE users", ["name"], remove),
    ]

    private static func list(_ call: Call) async throws {
        let limit = try call.integer("limit", in: 1...1000, else: 1000)
        let after = call.parameter("after")
        try await call.makeRoom()
        let answer = try await call.agent.perform(IdentityCalls.request("GET", "list-users"))
        let document = try await call.context.drive.offload {
            guard case .object(let users) = try answer.json() else {
                return JSONObject(["users": .array([])]).value.bytes
            }
            let rest = users.filter { after?.utf8.lexicographicallyPrecedes($0.name.utf8) ?? true }
                .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            let page = rest.prefix(limit)
            let rows = page.map { name, user in
                JSONValue.object([
                    "name": .string(name), "enabled": IdentityCalls.isEnabled(user["status"]),
                    "policies": IdentityCalls.names(user["policyName"]?.string),
                    "groups": IdentityCalls.strings(user["memberOf"]),
                ])
            }
            return JSONValue.object([
                "users": .array(rows), "next": rest.count > limit ? page.last.map { .string($0.name) } : nil,
            ]).bytes
        }
        try await call.answer(document)
    }

    private static func create(_ call: Call) async throws {
        let members = try await call.members(["name", "secretKey"])
        let name = try members.required("name")
        // One that there is would get another secret: that is another call.
        let present = try await call.agent.answer(IdentityCalls.request("GET", "user-info", [("accessKey", name)]))
        guard present.isRefusal else { throw ConsoleError(409, "UserExists", "There is a user of this name.") }
        try await put(name, try members.required("secretKey"), "enabled", call)
        try await call.answer(.object(["name": .string(name)]), status: 201)
    }

    private static func changeSecret(_ call: Call) async throws {
        let name = try call.required("name")
        let secret = try await call.members(["secretKey"]).required("secretKey")
        let present = try await call.agent.perform(IdentityCalls.request("GET", "user-info", [("accessKey", name)]))
        try await put(name, secret, try present.json()["status"]?.string ?? "enabled", call)
        await call.answerNothing()
    }

    private static func put(_ name: String, _ secret: String, _ status: String, _ call: Call) async throws {
        let body = JSONValue.object(["secretKey": .string(secret), "status": .string(status)])
        _ = try await call.agent.perform(
            IdentityCalls.request("PUT", "add-user", [("accessKey", name)], body: body))
    }

    private static func changeStatus(_ call: Call) async throws {
        let name = try call.required("name")
        let isEnabled = try await call.members(["enabled"]).flag("enabled")
        _ = try await call.agent.perform(
            IdentityCalls.request(
                "PUT", "set-user-status", [("accessKey", name), ("status", isEnabled ? "enabled" : "disabled")]))
        await call.answerNothing()
    }

    private static func remove(_ call: Call) async throws {
        _ = try await call.agent.perform(
            IdentityCalls.request("DELETE", "remove-user", [("accessKey", try call.required("name"))]))
        await call.answerNothing()
    }
}
