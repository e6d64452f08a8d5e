import ArgumentParser
import Glibc
import HTTPClient
import S3Protocol

/// Copies one object: a file up, an object down, an object to another.
struct S3CopyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cp", abstract: "Copy a file to the server, from it, or an object within it.",
        discussion: "What comes down is written beside FILE and takes its name when all of it is there.")

    @Argument(help: ArgumentHelp("A file, or s3://BUCKET/KEY.", valueName: "FROM")) var source: String
    @Argument(help: ArgumentHelp("A file or directory, or s3://BUCKET/KEY.", valueName: "TO")) var destination: String
    @OptionGroup var options: S3Options

    mutating func run() async throws {
        let (source, destination, options) = (source, destination, options)
        try await orFail {
            let client = try options.client()
            switch (S3Address(source), S3Address(destination)) {
            case (nil, let to?): try await S3Upload(client, from: source, to: to).run()
            case (let from?, nil): try await S3Download(client, from: from, to: destination).run()
            case (let from?, let to?):
                _ = try await client.call(
                    .put, to.named(as: from.key), headers: [("x-amz-copy-source", from.path)])
            case (nil, nil): throw StartFailure("one of the two is on the server: s3://BUCKET/KEY")
            }
        }
    }
}

extension S3Address {
    /// The same, with a name where it is a bucket or ends with `/`.
    func named(as path: String) -> S3Address {
        guard key.isEmpty || key.hasSuffix("/") else { return self }
        return S3Address(bucket: bucket, key: key + (path.split(separator: "/").last.map(String.init) ?? path))
    }
}

/// A file on its way up: whole when it is short, else in parts.
private struct S3Upload {
    private let client: S3Client
    private let source: String
    private let address: S3Address

    init(_ client: S3Client, from source: String, to address: S3Address) {
        self.client = client
        self.source = source
        self.address = address.named(as: source)
    }

    func run() async throws {
        let file = try LocalFile(reading: source)
        let bar = ProgressBar(total: file.size)
        guard file.size > Int64(S3Client.pieceBytes) else {
            _ = try await client.call(.put, address, body: try file.read(upTo: S3Client.pieceBytes))
            bar.show(file.size)
            return bar.end()
        }
        let begun = try XMLReader.parse(try await client.call(.post, address, [("uploads", "")]).body)
        let id = begun.text("UploadId")
        do {
            try await complete(id, try await parts(of: file, id, bar))
            bar.end()
        } catch {
            _ = try? await client.call(.delete, address, [("uploadId", id)])
            throw error
        }
    }

    private func parts(of file: LocalFile, _ id: String, _ bar: ProgressBar) async throws -> [String] {
        // No more than there may be.
        let size = max(S3Client.pieceBytes, Int((file.size + 9_999) / 10_000))
        var tags: [String] = []
        var sent: Int64 = 0
        while sent < file.size {
            let piece = try file.read(upTo: size)
            guard !piece.isEmpty else { throw StartFailure("\(source) has become shorter meanwhile") }
            let answer = try await client.call(
                .put, address, [("partNumber", "\(tags.count + 1)"), ("uploadId", id)], body: piece)
            tags.append(answer.headers["etag"] ?? "")
            sent += Int64(piece.count)
            bar.show(sent)
        }
        return tags
    }

    private func complete(_ id: String, _ tags: [String]) async throws {
        var document = "<CompleteMultipartUpload>"
        for (index, tag) in tags.enumerated() {
            document +=
                "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(tag.replacing("\"", with: ""))</ETag></Part>"
        }
        document += "</CompleteMultipartUpload>"
        let answer = try await client.call(.post, address, [("uploadId", id)], body: Array(document.utf8))
        // A completion may fail after its status has gone out.
        if let error = try? XMLReader.parse(answer.body, root: "Error") {
            throw StartFailure("\(address): \(error.text("Message"))")
        }
    }
}

/// An object on its way down, piece by piece and all of one version.
private struct S3Download {
    private let client: S3Client
    private let address: S3Address
    private let destination: String

    init(_ client: S3Client, from address: S3Address, to destination: String) {
        self.client = client
        self.address = address
        self.destination = destination
    }

    func run() async throws {
        let head = try await client.call(.head, address)
        guard let size = head.headers["content-length"].flatMap(Int64.init), let tag = head.headers["etag"] else {
            throw StartFailure("\(address): the server does not say how long it is")
        }
        let file = try LocalFile(
            writing: destination, name: address.key.split(separator: "/").last.map(String.init) ?? "")
        let bar = ProgressBar(total: size)
        var done: Int64 = 0
        do {
            while done < size {
                let last = min(done + Int64(S3Client.pieceBytes), size) - 1
                let piece = try await client.call(
                    .get, address, headers: [("range", "bytes=\(done)-\(last)"), ("if-match", tag)])
                guard Int64(piece.body.count) == last - done + 1 else {
                    throw StartFailure("\(address): the answer is too short")
                }
                try file.write(piece.body)
                done = last + 1
                bar.show(done)
            }
            try file.publish()
            bar.end()
        } catch {
            file.discard()
            throw error
        }
    }
}

/// A file that is read from its beginning, or written under another name until it is whole.
private final class LocalFile {
    let size: Int64
    private let descriptor: Int32
    private let path: String
    private let temporary: String?

    init(reading path: String) throws(StartFailure) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StartFailure("\(path): \(String(cString: strerror(errno)))") }
        var status = stat()
        fstat(descriptor, &status)
        size = Int64(status.st_size)
        self.path = path
        temporary = nil
    }

    /// - Parameter name: of the file, where `path` is a directory.
    init(writing path: String, name: String) throws(StartFailure) {
        var status = stat()
        let isDirectory = stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        self.path = isDirectory ? "\(path)/\(name)" : path
        let temporary = "\(self.path).part-\(getpid())"
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StartFailure("\(temporary): \(String(cString: strerror(errno)))") }
        self.temporary = temporary
        size = 0
    }

    deinit { close(descriptor) }

    func read(upTo limit: Int) throws(StartFailure) -> [UInt8] {
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, initialized in
            while count < limit {
                let got = Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, limit - count)
                if got < 0, errno == EINTR { continue }
                guard got > 0 else { break }
                count += got
            }
            initialized = count
        }
        return bytes
    }

    func write(_ bytes: [UInt8]) throws(StartFailure) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw StartFailure("\(path): \(String(cString: strerror(errno)))") }
            done += count
        }
    }

    func publish() throws(StartFailure) {
        guard let temporary, fsync(descriptor) == 0, rename(temporary, path) == 0 else {
            throw StartFailure("\(path): \(String(cString: strerror(errno)))")
        }
    }

    func discard() {
        if let temporary { unlink(temporary) }
    }
}
