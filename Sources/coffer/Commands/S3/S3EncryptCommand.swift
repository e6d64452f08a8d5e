import ArgumentParser
import S3Client
import S3Protocol

/// What a bucket does with objects that come without a word about encryption.
struct S3EncryptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encrypt", abstract: "Show or set how a bucket encrypts by default.",
        subcommands: [Show.self, Set.self, Clear.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "info", abstract: "Show a bucket's default.")

        @Argument(help: ArgumentHelp("The bucket.", valueName: "s3://BUCKET"))
        var bucket: String

        @OptionGroup var server: S3Options

        mutating func run() async throws {
            let command = self
            try await command.orRefusal {
                let address = try ObjectAddress(bucketArgument: command.bucket)
                guard let encryption = try await command.server.client().encryption(of: address.bucket) else {
                    return print("\(address)  no default of its own: as the server does")
                }
                let key = encryption.algorithm?.keyID.map { ", key \($0)" } ?? ""
                print("\(address)  \(encryption.algorithm?.name ?? "AES256")\(key)")
            }
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "set", abstract: "Set a bucket's default.")

        @Argument(help: ArgumentHelp("The bucket.", valueName: "s3://BUCKET"))
        var bucket: String

        @Argument(help: ArgumentHelp("s3, kms, or kms:KEY.", valueName: "HOW"))
        var how: String

        @OptionGroup var server: S3Options

        mutating func run() async throws {
            let command = self
            try await command.orRefusal {
                let address = try ObjectAddress(bucketArgument: command.bucket)
                let algorithm: ServerSideEncryptionConfiguration.Algorithm
                switch command.how {
                case "s3": algorithm = .sseS3
                case "kms": algorithm = .sseKMS(keyID: nil)
                case let how where how.hasPrefix("kms:"):
                    algorithm = .sseKMS(keyID: String(how.dropFirst("kms:".count)))
                default: throw StartFailure("\(command.how): s3, kms, or kms:KEY")
                }
                let encryption = ServerSideEncryptionConfiguration(algorithm: algorithm, bucketKeyEnabled: nil)
                try await command.server.client().setEncryption(encryption, of: address.bucket)
                print("\(address)  \(command.how)")
            }
        }
    }

    struct Clear: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "clear", abstract: "Take a bucket's default away: it then encrypts with SSE-S3.")

        @Argument(help: ArgumentHelp("The bucket.", valueName: "s3://BUCKET"))
        var bucket: String

        @OptionGroup var server: S3Options

        mutating func run() async throws {
            let command = self
            try await command.orRefusal {
                let address = try ObjectAddress(bucketArgument: command.bucket)
                try await command.server.client().removeEncryption(of: address.bucket)
                print("\(address)  s3")
            }
        }
    }
}
