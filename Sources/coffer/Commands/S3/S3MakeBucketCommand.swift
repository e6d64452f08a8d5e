import ArgumentParser
import S3Client

struct S3MakeBucketCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "mb", abstract: "Make a bucket.")

    @Argument(help: ArgumentHelp("The bucket.", valueName: "s3://BUCKET"))
    var bucket: String

    @OptionGroup var server: S3Options

    mutating func run() async throws {
        let command = self
        try await command.orRefusal {
            let address = try ObjectAddress(bucketArgument: command.bucket)
            try await command.server.client().makeBucket(address.bucket)
            print("made \(address)")
        }
    }
}
