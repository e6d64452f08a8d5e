import AdminService
import FoundationEssentials
import HTTPClient
import Maintenance
import ObjectStorage
import Synchronization

/// The drive of a running server, taken over its administration: files stay for as long as one answer is open.
final class ServerBackupSource: BackupSource {
    private let client: AdminClient
    private let session = Mutex<(id: String, lease: Task<Void, Never>)?>(nil)

    init(_ client: AdminClient) { self.client = client }

    func begin(catalogueAt path: String) async throws {
        var request = try client.request(.post, "/minio/admin/v3/coffer/backup")
        request.timeout = .seconds(30)
        // The catalogue is copied before the first line comes.
        request.longestSilence = .seconds(600)
        let lines = try await client.http.open(request)
        guard let line = try await lines.next() else { throw StartFailure("\(client.endpoint): no answer") }
        guard lines.status == 200 else { throw client.refusal(lines.status, line) }
        let text = Data(line.drop { $0 == UInt8(ascii: " ") })
        guard let begun = try? JSONDecoder().decode(BackupBegun.self, from: text) else {
            throw StartFailure("\(client.endpoint): the answer is not one of Coffer's")
        }
        let lease = Task { while !Task.isCancelled, (try? await lines.next()) != nil {} }
        session.withLock { $0 = (begun.session, lease) }
        guard try await fetch(query: "", to: path) != nil else {
            throw StartFailure("\(client.endpoint): no catalogue")
        }
    }

    func fetch(_ blob: BlobID, to path: String) async throws -> Int64? {
        try await fetch(query: "&blob=\(blob.hex)", to: path)
    }

    private func fetch(query: String, to path: String) async throws -> Int64? {
        guard let id = session.withLock({ $0?.id }) else {
            throw StartFailure("\(client.endpoint): the backup has ended")
        }
        let file = try NewFile(path)
        var length: Int64 = .max
        while file.length < length {
            var request = try client.request(
                .get, "/minio/admin/v3/coffer/backup?session=\(id)&offset=\(file.length)\(query)")
            request.timeout = .seconds(120)
            request.maxResponseBytes = 8 << 20
            request.wantedHeaders = [BackupLength.header]
            let answer = try await client.http.send(request)
            if answer.status == 404, !query.isEmpty, String(decoding: answer.body, as: UTF8.self).contains("NoSuchKey")
            {
                return nil
            }
            guard answer.status == 200, let whole = answer.headers[BackupLength.header].flatMap({ Int64($0) }) else {
                throw client.refusal(answer.status, answer.body)
            }
            length = whole
            guard !answer.body.isEmpty || length == file.length else {
                throw StartFailure("\(client.endpoint): a file ended early")
            }
            try file.append(answer.body)
        }
        try file.finish()
        return file.length
    }

    func end() async {
        guard let ended = session.withLock({ $0 }) else { return }
        session.withLock { $0 = nil }
        // Without this the server would see by itself that nobody listens, some seconds later.
        if let request = try? client.request(.delete, "/minio/admin/v3/coffer/backup?session=\(ended.id)") {
            _ = try? await client.http.send(request)
        }
        ended.lease.cancel()
    }
}
