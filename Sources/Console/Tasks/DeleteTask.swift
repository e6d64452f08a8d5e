import Cryptography
import S3Protocol
import SealedStorage

/// Deletes objects, a thousand at once; each that may not be deleted fails by itself.
struct DeleteTask: Sendable {
    let selection: TaskSelection
    /// Whether every version goes, for good.
    let isOfVersions: Bool

    func run(_ task: ConsoleTask, _ agent: Agent) async throws {
        task.expect(isOfVersions ? nil : selection.count)
        if isOfVersions {
            try await selection.forEachBatchOfVersions(agent) { try await delete($0, task, agent) }
        } else {
            try await selection.forEachBatch(agent) { try await delete($0, task, agent) }
        }
    }

    private func delete(_ entries: [TaskSelection.Entry], _ task: ConsoleTask, _ agent: Agent) async throws {
        guard !entries.isEmpty else { return }
        var request = InnerRequest("POST", bucket: selection.bucket, query: [("delete", nil)])
        request.body = try await agent.context.drive.offload { document(entries) }
        request.addHeader("content-type", "application/xml")
        request.addHeader("content-md5", Base64.encode(Digest.hash(.md5, request.body)))
        let answer = try await agent.perform(request)
        let failures = try await agent.context.drive.offload { try answer.xml("DeleteResult").all("Error") }
        for failure in failures {
            task.note(
                failureOf: try failure.optionalText("Key") ?? "", try failure.optionalText("Code") ?? "",
                try failure.optionalText("Message") ?? "")
        }
        task.note(
            done: entries.count - failures.count,
            bytes: failures.isEmpty ? entries.reduce(0) { $0 + ($1.size ?? 0) } : 0)
    }

    private func document(_ entries: [TaskSelection.Entry]) -> [UInt8] {
        var xml = XMLWriter(capacity: 128 * entries.count)
        xml.openRoot("Delete")
        xml.element("Quiet", true)
        for entry in entries {
            xml.open("Object")
            xml.element("Key", entry.key)
            if isOfVersions { xml.element("VersionId", ifPresent: entry.version) }
            xml.close("Object")
        }
        xml.close("Delete")
        return xml.bytes
    }
}
