import ArgumentParser
import S3Client

struct S3RemoveBucketCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rb", abstract: "Remove an empty bucket.")

    @Argument(help: ArgumentHelp("The bucket.", valueName: "s3://BUCKET"))
    var bucket: String

    @OptionGroup var server: S3Options

    mutating func run() async throws {
        let command = self
        try await command.orRefusal {
            let address = try ObjectAddress(bucketArgument: command.bucket)
            try await command.server.client().removeBucket(address.bucket)
            print("removed \(address)")
        }
    }
}
