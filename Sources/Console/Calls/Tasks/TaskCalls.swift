import Accounts
import JSON

/// What the server does while the page may be closed.
enum TaskCalls {
    static let routes = [
        CallRoute("GET tasks", list), CallRoute("POST tasks", begin), CallRoute("DELETE tasks", ["id"], remove),
    ]

    private static func list(_ call: Call) async throws {
        let documents = call.context.tasks.documents(of: call.signedIn.session.accessKey)
        try await call.answer(.object(["tasks": .array(documents)]))
    }

    private static func remove(_ call: Call) async throws {
        guard call.context.tasks.remove(try call.required("id"), of: call.signedIn.session.accessKey) else {
            throw ConsoleError(404, "NoSuchTask", "There is no such task of yours.")
        }
        await call.answerNothing()
    }

    private static func begin(_ call: Call) async throws {
        let members = try await call.members(
            TaskSelection.members.union(["kind", "versions", "to", "under", "encryption", "overwrite", "at"]))
        let selection = try TaskSelection(members)
        let kind = try members.required("kind")
        guard members["at"] == nil || kind == "restore" else {
            throw ConsoleError.invalid("Only what is restored is so as of a time.")
        }
        let agent = call.agent
        let id: String
        switch kind {
        case "delete":
            guard ["to", "under", "encryption", "overwrite"].allSatisfy({ members[$0] == nil }) else {
                throw ConsoleError.invalid("What is deleted goes nowhere.")
            }
            let task = DeleteTask(selection: selection, isOfVersions: try members.flag("versions"))
            id = try call.context.tasks.begin(kind, call.signedIn, bucket: selection.bucket) {
                try await task.run($0, agent)
            }
        case "copy", "move":
            guard members["versions"] == nil else { throw ConsoleError.invalid("Versions are not copied.") }
            guard let target = try members.members("to", known: ["bucket", "prefix"]) else {
                throw ConsoleError.invalid("The member 'to' is missing.")
            }
            let bucket = try target.required("bucket")
            let prefix = try target.text("prefix") ?? ""
            // The copies would be found beneath the prefix, and copied again, without an end.
            guard
                bucket != selection.bucket || !selection.prefixes.contains(where: { prefix.utf8.starts(with: $0.utf8) })
            else { throw ConsoleError.invalid("The target lies in what is to be copied.") }
            let task = CopyTask(
                selection: selection, bucket: bucket, prefix: prefix,
                under: try members.text("under") ?? "",
                encryption: try EncryptionSetting.headers(members["encryption"]),
                overwrites: try members.flag("overwrite"), moves: kind == "move")
            id = try call.context.tasks.begin(kind, call.signedIn, bucket: selection.bucket) {
                try await task.run($0, agent)
            }
        case "restore":
            guard ["versions", "to", "under", "encryption", "overwrite"].allSatisfy({ members[$0] == nil }) else {
                throw ConsoleError.invalid("What is restored goes nowhere else.")
            }
            guard let time = RewindTime(try members.required("at")) else {
                throw ConsoleError.invalid("The member 'at' is no time.")
            }
            let task = RestoreTask(selection: selection, time: time)
            try await task.requireVersioning(agent)
            id = try call.context.tasks.begin(kind, call.signedIn, bucket: selection.bucket) {
                try await task.run($0, agent)
            }
        default: throw ConsoleError.invalid("There is no task of the kind '\(kind)'.")
        }
        try await call.answer(.object(["task": .string(id)]), status: 202)
    }
}
