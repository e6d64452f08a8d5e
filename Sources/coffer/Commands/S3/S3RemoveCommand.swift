import ArgumentParser
import HTTPClient
import S3Protocol

struct S3RemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove an object, or all below a prefix.")

    @Argument(help: ArgumentHelp("s3://BUCKET/KEY.", valueName: "ADDRESS")) var address: String
    @Flag(help: "Everything whose key begins so.") var recursive = false
    @OptionGroup var options: S3Options

    mutating func run() async throws {
        let (text, recursive, options) = (address, recursive, options)
        try await orFail {
            let client = try options.client()
            let address = try S3Address(requiring: text)
            guard recursive else {
                guard !address.key.isEmpty else { throw StartFailure("\(text): a bucket; `rb` removes an empty one") }
                _ = try await client.call(.delete, address)
                return
            }
            var count = 0
            try await S3ListCommand.eachPage(of: address, client, recursive: true) { page in
                for object in page.all("Contents") {
                    _ = try await client.call(.delete, S3Address(bucket: address.bucket, key: object.text("Key")))
                    count += 1
                }
            }
            print("\(count) objects removed")
        }
    }
}

struct S3MakeBucketCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "mb", abstract: "Make a bucket.")

    @Argument(help: ArgumentHelp("s3://BUCKET.", valueName: "ADDRESS")) var address: String
    @OptionGroup var options: S3Options

    mutating func run() async throws {
        let (address, options) = (address, options)
        try await orFail {
            _ = try await options.client().call(.put, S3Address(bucket: S3Address(requiring: address).bucket))
        }
    }
}

struct S3RemoveBucketCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rb", abstract: "Remove an empty bucket.")

    @Argument(help: ArgumentHelp("s3://BUCKET.", valueName: "ADDRESS")) var address: String
    @OptionGroup var options: S3Options

    mutating func run() async throws {
        let (text, options) = (address, options)
        try await orFail {
            let address = try S3Address(requiring: text)
            guard address.key.isEmpty else { throw StartFailure("\(text): not a bucket; `rm` removes objects") }
            _ = try await options.client().call(.delete, address)
        }
    }
}
