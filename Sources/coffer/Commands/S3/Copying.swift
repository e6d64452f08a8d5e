import Glibc
import S3Client

/// What `coffer s3 cp` does, one object or many.
struct Copying {
    /// Bytes that one call of S3 copies.
    private static let greatestCopy: Int64 = 5 << 30

    let client: S3Client
    let sourceEncryption: WantedEncryption
    let targetEncryption: WantedEncryption
    /// Of what is written.
    let headers: [(name: String, value: String)]

    // MARK: One

    func upload(_ source: Place, to target: ObjectAddress) async throws {
        switch source {
        case .local(let path):
            try await upload(try FileSource(path: path), to: target.named(like: path))
        case .standard:
            guard !target.key.isEmpty, !target.key.hasSuffix("/") else {
                throw StartFailure("\(target): what the standard input becomes needs a name")
            }
            try await upload(FileSource(), to: target)
        case .remote(let address): try await copy(address, to: target)
        }
    }

    private func upload(_ source: FileSource, to target: ObjectAddress) async throws {
        var bar = Self.bar(target.key, of: source.size ?? 0)
        defer { bar.end() }
        try await client.upload(source, to: target, headers: headers, targetEncryption) { bar.advance(by: Int64($0)) }
    }

    func download(_ source: ObjectAddress, to target: Place) async throws {
        guard !source.key.isEmpty else { throw StartFailure("\(source): names no object; --recursive copies all") }
        switch target {
        case .standard: try await download(source, to: FileSink())
        case .local(let path):
            let isDirectory = path.hasSuffix("/") || Directory.exists(path)
            let name = try Directory.name(ofKey: source.key)
            let file = isDirectory ? (path.hasSuffix("/") ? path + name : "\(path)/\(name)") : path
            try await download(source, to: try FileSink(path: file))
        case .remote(let address): try await copy(source, to: address)
        }
    }

    private func download(_ source: ObjectAddress, to sink: FileSink) async throws {
        let head = try await client.head(source, sourceEncryption)
        var bar = Self.bar(source.key, of: head.size)
        defer { bar.end() }
        try await client.download(source, head, to: sink, sourceEncryption) { bar.advance(by: Int64($0)) }
    }

    /// On the server, where no byte passes here.
    func copy(_ source: ObjectAddress, to target: ObjectAddress) async throws {
        let size = try await client.head(source, sourceEncryption).size
        guard size <= Self.greatestCopy else {
            throw StartFailure("\(source): longer than the 5 GiB that a server copies by one call")
        }
        try await client.copy(source, sourceEncryption, to: target, targetEncryption)
    }

    // MARK: Many

    func uploadAll(_ path: String, to target: ObjectAddress) async throws {
        for file in try Directory.files(in: path) {
            let address = target.under(file)
            try await upload(try FileSource(path: "\(path)/\(file)"), to: address)
            print(TerminalText.shown("\(path)/\(file) -> \(address)"))
        }
    }

    func downloadAll(_ source: ObjectAddress, to path: String) async throws {
        try await forEach(under: source) { object, rest in
            // A key that ends so stands for a directory.
            guard !object.key.hasSuffix("/") else { return }
            let file = try Directory.path(ofKey: rest, in: path)
            try await download(object, to: .local(file))
            print(TerminalText.shown("\(object) -> \(file)"))
        }
    }

    func copyAll(_ source: ObjectAddress, to target: ObjectAddress) async throws {
        try await forEach(under: source) { object, rest in
            let address = target.under(rest)
            try await copy(object, to: address)
            print(TerminalText.shown("\(object) -> \(address)"))
        }
    }

    /// Every object under a prefix, with what its key has behind the prefix's last slash.
    private func forEach(
        under prefix: ObjectAddress, _ body: (ObjectAddress, String) async throws -> Void
    ) async throws {
        let stem = prefix.key.lastIndex(of: "/").map { prefix.key[...$0] } ?? ""
        var token: String?
        repeat {
            let page = try await client.list(prefix, isRecursive: true, after: token)
            for object in page.objects {
                try await body(
                    ObjectAddress(bucket: prefix.bucket, key: object.key), String(object.key.dropFirst(stem.count)))
            }
            token = page.next
        } while token != nil
    }

    private static func bar(_ name: String, of total: Int64) -> ProgressBar {
        ProgressBar(total: total) { done, total in
            total > 0 ? "\(ByteCount.text(done))/\(ByteCount.text(total)) \(name)" : "\(ByteCount.text(done)) \(name)"
        }
    }
}
