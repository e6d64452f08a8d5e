import JSON
import SealedStorage

enum PolicyCalls {
    static let routes = [
        CallRoute("GET policies", list), CallRoute("GET policy", ["name"], info),
        CallRoute("PUT policy", ["name"], put), CallRoute("DELETE policy", ["name"], remove),
        CallRoute("POST policies/attach") { try await associate("attach", $0) },
        CallRoute("POST policies/detach") { try await associate("detach", $0) },
    ]

    private static func list(_ call: Call) async throws {
        try await call.makeRoom()
        let answer = try await call.agent.perform(IdentityCalls.request("GET", "list-canned-policies"))
        let document = try await call.context.drive.offload {
            guard case .object(let policies) = try answer.json() else {
                return JSONObject(["policies": .array([])]).value.bytes
            }
            let rows = policies.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }.map {
                JSONValue.object(["name": .string($0.name), "policy": $0.value])
            }
            return JSONValue.object(["policies": .array(rows)]).bytes
        }
        try await call.answer(document)
    }

    private static func info(_ call: Call) async throws {
        let name = try call.required("name")
        let policy = try await call.agent.perform(
            IdentityCalls.request("GET", "info-canned-policy", [("name", name), ("v", "2")])
        ).json()
        var document = JSONObject(["name": .string(name), "policy": policy["Policy"]])
        document["created"] = policy["CreateDate"]
        document["updated"] = policy["UpdateDate"]
        let entities = try await call.agent.answer(
            IdentityCalls.request("GET", "idp/builtin/policy-entities", [("policy", name)]))
        if !entities.isRefusal {
            let mapping = try entities.json()["policyMappings"]?.elements?.first
            document["users"] = IdentityCalls.strings(mapping?["users"])
            document["groups"] = IdentityCalls.strings(mapping?["groups"])
        }
        try await call.answer(document.value)
    }

    private static func put(_ call: Call) async throws {
        let name = try call.required("name")
        let members = try await call.members(["value"])
        guard let value = members["value"] else { throw ConsoleError.invalid("The member 'value' is missing.") }
        _ = try await call.agent.perform(
            IdentityCalls.request("PUT", "add-canned-policy", [("name", name)], body: value))
        await call.answerNothing()
    }

    private static func remove(_ call: Call) async throws {
        _ = try await call.agent.perform(
            IdentityCalls.request("DELETE", "remove-canned-policy", [("name", try call.required("name"))]))
        await call.answerNothing()
    }

    private static func associate(_ operation: String, _ call: Call) async throws {
        let members = try await call.members(["policies", "user", "group"])
        let body = JSONValue.object([
            "policies": .strings(try members.texts("policies")), "user": try members.text("user").map { .string($0) },
            "group": try members.text("group").map { .string($0) },
        ])
        let answer = try await call.agent.perform(
            IdentityCalls.request("POST", "idp/builtin/policy/\(operation)", body: body)
        ).json()
        let changed = answer["policiesAttached"] ?? answer["policiesDetached"]
        try await call.answer(.object(["changed": IdentityCalls.strings(changed)]))
    }
}
