import Glibc
import Maintenance
import S3Client

/// Backups in a bucket of any S3 server, below a prefix: sealed as they are, each with its checksum.
struct S3BackupTarget: BackupTarget {
    private let client: S3Client
    private let place: ObjectAddress
    let workspace: String

    /// - Parameter workspace: an empty directory.
    init(_ client: S3Client, _ place: ObjectAddress, workspace: String) {
        self.client = client
        self.place = place
        self.workspace = workspace
    }

    private func address(_ name: String) -> ObjectAddress {
        let prefix = place.key.hasSuffix("/") || place.key.isEmpty ? place.key : place.key + "/"
        return ObjectAddress(bucket: place.bucket, key: prefix + name)
    }

    func names(in folder: String) async throws -> [String: Int64] {
        let address = address("\(folder)/")
        var names: [String: Int64] = [:]
        var token: String?
        repeat {
            let page = try await client.list(address, isRecursive: false, after: token)
            for object in page.objects { names[String(object.key.dropFirst(address.key.count))] = object.size }
            token = page.next
        } while token != nil
        return names
    }

    func folders(in folder: String) async throws -> [String] {
        let address = address("\(folder)/")
        var folders: [String] = []
        var token: String?
        repeat {
            let page = try await client.list(address, isRecursive: false, after: token)
            folders += page.prefixes.map { String($0.dropFirst(address.key.count).dropLast()) }
            token = page.next
        } while token != nil
        return folders
    }

    func keep(_ path: String, as name: String) async throws {
        try await client.upload(try FileSource(path: path), to: address(name), .ofBucket) { _ in }
        unlink(path)
    }

    func fetch(_ name: String, to path: String) async throws -> Bool {
        let head: S3Client.ObjectHead
        do throws(S3ClientError) {
            head = try await client.head(address(name))
        } catch {
            guard error.isNotFound else { throw error }
            return false
        }
        try await client.download(address(name), head, to: try FileSink(path: path), .ofBucket) { _ in }
        return true
    }

    func remove(_ names: [String]) async throws {
        var rest = names[...]
        while !rest.isEmpty {
            let kept = try await client.remove(rest.prefix(1000).map { address($0).key }, from: place.bucket)
            if let first = kept.first { throw StartFailure("\(place): \(first.key): \(first.reason)") }
            rest = rest.dropFirst(1000)
        }
    }

    /// What the server has answered is durable.
    func settle() async throws {}

    func close() { rmdir(workspace) }
}
