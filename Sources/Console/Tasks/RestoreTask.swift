import S3Protocol
import SealedStorage

/// Makes objects what they were at a time: each by a new latest version, or a delete marker, so that it can be undone.
struct RestoreTask: Sendable {
    let selection: TaskSelection
    let time: RewindTime

    /// - Throws: where what is replaced or removed would be lost: in a bucket that does not keep versions, or no longer.
    func requireVersioning(_ agent: Agent) async throws {
        let answer = try await agent.perform(
            InnerRequest("GET", bucket: selection.bucket, query: [("versioning", nil)]))
        guard try answer.xml().optionalText("Status") == "Enabled" else {
            throw ConsoleError.invalid("The bucket keeps no versions now: what is there would be lost.")
        }
    }

    func run(_ task: ConsoleTask, _ agent: Agent) async throws {
        task.expect(nil)
        var rewind = Rewind(to: time)
        try await selection.forEachBatchOfVersions(agent) { versions in
            for outcome in rewind.take(versions) { try await restore(outcome, task, agent) }
        }
        for outcome in rewind.end() { try await restore(outcome, task, agent) }
    }

    private func restore(_ outcome: Rewind.Outcome, _ task: ConsoleTask, _ agent: Agent) async throws {
        try Task.checkCancellation()
        let (key, now) = (outcome.now.key, outcome.now)
        do {
            switch outcome.then {
            case let then? where !then.isDeleteMarker:
                guard !then.isLatest else { return task.note(done: 1) }
                let answer = try await agent.perform(
                    CopySourceHeaders.request(
                        from: (selection.bucket, key, then.version), to: (selection.bucket, key), tag: nil, [],
                        overwrites: true))
                // A failure after the answer has begun stands in a document of status 200.
                guard try answer.xml().name == "CopyObjectResult" else {
                    throw ConsoleError(refusalOf: 500, answer.headers, answer.body)
                }
                task.note(done: 1, bytes: then.size ?? 0)
            case nil, _?:
                if !now.isDeleteMarker {
                    _ = try await agent.perform(InnerRequest("DELETE", bucket: selection.bucket, key: key))
                }
                task.note(done: 1)
            }
        } catch let refusal as ConsoleError where refusal.code != "NoSession" {
            task.note(failureOf: key, refusal.code, refusal.message)
        }
    }
}
