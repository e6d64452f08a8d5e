import JSON

enum GroupCalls {
    static let routes = [
        CallRoute("GET groups", list), CallRoute("GET group", ["name"], info), CallRoute("PUT group", ["name"], change),
        CallRoute("DELETE group", ["name"], remove),
    ]

    private static func list(_ call: Call) async throws {
        let groups = try await call.agent.perform(IdentityCalls.request("GET", "groups")).json()
        try await call.answer(.object(["groups": IdentityCalls.strings(groups)]))
    }

    private static func info(_ call: Call) async throws {
        let group = try await call.agent.perform(
            IdentityCalls.request("GET", "group", [("group", try call.required("name"))])
        ).json()
        try await call.answer(
            .object([
                "name": group["name"], "enabled": IdentityCalls.isEnabled(group["status"]),
                "members": IdentityCalls.strings(group["members"]),
                "policies": IdentityCalls.names(group["policy"]?.string),
            ]))
    }

    private static func change(_ call: Call) async throws {
        let name = try call.required("name")
        let members = try await call.members(["add", "remove", "enabled"])
        let added = try members.texts("add")
        let removed = try members.texts("remove")
        if !added.isEmpty || (removed.isEmpty && !members.has("enabled")) {
            try await update(name, added, removes: false, call)
        }
        if !removed.isEmpty { try await update(name, removed, removes: true, call) }
        if members.has("enabled") {
            let status = try members.flag("enabled") ? "enabled" : "disabled"
            _ = try await call.agent.perform(
                IdentityCalls.request("PUT", "set-group-status", [("group", name), ("status", status)]))
        }
        await call.answerNothing()
    }

    private static func remove(_ call: Call) async throws {
        try await update(try call.required("name"), [], removes: true, call)
        await call.answerNothing()
    }

    /// - Parameter removes: takes the members out, or with none of them the group away.
    private static func update(_ name: String, _ members: [String], removes: Bool, _ call: Call) async throws {
        let body = JSONValue.object([
            "group": .string(name), "members": .strings(members), "isRemove": .bool(removes),
        ])
        _ = try await call.agent.perform(IdentityCalls.request("PUT", "update-group-members", body: body))
    }
}
