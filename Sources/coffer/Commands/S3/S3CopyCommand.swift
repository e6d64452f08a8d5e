import ArgumentParser
import S3Client

struct S3CopyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cp", abstract: "Copy files to objects, objects to files, or objects to objects.",
        discussion: """
            Long objects go in parts, several at a time; what arrives is compared with its checksum on both sides, and a \
            file has its name only when it is whole. A target that ends with a slash, or is a bucket or a directory, \
            keeps the source's name.
            """)

    @Argument(help: "A file, s3://BUCKET/KEY, or - for the standard input.")
    var source: String

    @Argument(help: "A file, s3://BUCKET/KEY, or - for the standard output.")
    var target: String

    @Flag(name: [.short, .long], help: "Copy a directory, or every object whose key begins so.")
    var recursive = false

    @Option(help: ArgumentHelp("The content type of what is written.", valueName: "TYPE"))
    var contentType: String?

    @OptionGroup var encryption: EncryptionOptions
    @OptionGroup var server: S3Options

    mutating func run() async throws {
        let command = self
        try await command.orRefusal {
            let client = try command.server.client()
            let copying = Copying(
                client: client, sourceEncryption: try command.encryption.ofSource(client),
                targetEncryption: try command.encryption.ofTarget(client),
                headers: command.contentType.map { [("content-type", $0)] } ?? [])
            switch (try Place(command.source), try Place(command.target)) {
            case (.remote(let source), .remote(let target)) where command.recursive:
                try await copying.copyAll(source, to: target)
            case (.remote(let source), .remote(let target)):
                try await copying.copy(source, to: target.named(like: source.key))
            case (.remote(let source), .local(let path)) where command.recursive:
                try await copying.downloadAll(source, to: path)
            case (.remote(let source), let target):
                try await copying.download(source, to: target)
            case (.local(let path), .remote(let target)) where command.recursive:
                try await copying.uploadAll(path, to: target)
            case (let source, .remote(let target)):
                try await copying.upload(source, to: target)
            case (.local, .local), (.local, .standard), (.standard, .local), (.standard, .standard):
                throw StartFailure("one of the two must be s3://BUCKET/KEY")
            }
        }
    }
}

/// Where something is copied from or to.
enum Place {
    case local(String)
    /// The standard input or output.
    case standard
    case remote(ObjectAddress)

    init(_ argument: String) throws(StartFailure) {
        if argument == "-" {
            self = .standard
        } else if argument.hasPrefix("s3://") {
            self = .remote(try ObjectAddress(argument: argument))
        } else {
            self = .local(argument)
        }
    }
}

extension ObjectAddress {
    /// The address itself, or where it is a bucket or ends with a slash, one in it with the last name of a path.
    func named(like path: String) -> ObjectAddress {
        guard key.isEmpty || key.hasSuffix("/") else { return self }
        return ObjectAddress(bucket: bucket, key: key + (path.split(separator: "/").last ?? ""))
    }

    /// The address of what lies under this one by a relative path.
    func under(_ path: String) -> ObjectAddress {
        ObjectAddress(bucket: bucket, key: key.isEmpty || key.hasSuffix("/") ? key + path : "\(key)/\(path)")
    }
}
