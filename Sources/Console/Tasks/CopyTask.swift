import JSON
import Notation
import S3Protocol

/// Copies or moves objects, one after the other.
struct CopyTask: Sendable {
    let selection: TaskSelection
    let bucket: String
    /// What stands before the names that remain of the keys.
    let prefix: String
    /// What of the keys is cut off.
    let under: String
    let encryption: [(name: String, value: String)]
    let overwrites: Bool
    /// Whether the sources go.
    let moves: Bool

    func run(_ task: ConsoleTask, _ agent: Agent) async throws {
        task.expect(selection.count)
        try await selection.forEachBatch(agent) { entries in
            for entry in entries {
                try Task.checkCancellation()
                do {
                    try await copy(entry, agent)
                    task.note(done: 1, bytes: entry.size ?? 0)
                } catch let refusal as ConsoleError where refusal.code != "NoSession" {
                    task.note(failureOf: entry.key, refusal.code, refusal.message)
                }
            }
        }
    }

    private func target(of key: String) -> String {
        prefix + (key.utf8.starts(with: under.utf8) ? String(key.utf8.dropFirst(under.utf8.count)) ?? key : key)
    }

    private func copy(_ entry: TaskSelection.Entry, _ agent: Agent) async throws {
        let target = target(of: entry.key)
        guard !target.isEmpty else { throw ConsoleError.invalid("The object would have no name.") }
        guard bucket != selection.bucket || !target.utf8.elementsEqual(entry.key.utf8) || !moves else {
            throw ConsoleError.invalid("The object is there already.")
        }
        // What is moved must be what was copied: its tag is asked for before, and demanded after.
        var tag = entry.etag
        if moves, tag == nil {
            tag = try await agent.perform(InnerRequest("HEAD", bucket: selection.bucket, key: entry.key)).header("etag")
        }
        let answer = try await agent.perform(
            CopySourceHeaders.request(
                from: (selection.bucket, entry.key, nil), to: (bucket, target), tag: tag, encryption,
                overwrites: overwrites))
        // A failure after the answer has begun stands in a document of status 200.
        guard try answer.xml().name == "CopyObjectResult" else {
            throw ConsoleError(refusalOf: 500, answer.headers, answer.body)
        }
        guard moves else { return }
        var removal = InnerRequest("DELETE", bucket: selection.bucket, key: entry.key)
        removal.addHeader("if-match", tag)
        _ = try await agent.perform(removal)
    }
}

/// The request of a copy.
enum CopySourceHeaders {
    static func request(
        from source: (bucket: String, key: String, version: String?), to target: (bucket: String, key: String),
        tag: String?, _ headers: [(name: String, value: String)], overwrites: Bool
    ) -> InnerRequest {
        var request = InnerRequest("PUT", bucket: target.bucket, key: target.key)
        var path = "/\(source.bucket)/\(PercentEncoding.encode(source.key))"
        if let version = source.version { path += "?versionId=\(PercentEncoding.encode(version))" }
        request.addHeader("x-amz-copy-source", path)
        request.addHeader("x-amz-copy-source-if-match", tag)
        for (name, value) in headers { request.addHeader(name, value) }
        if !overwrites { request.addHeader("if-none-match", "*") }
        return request
    }
}
