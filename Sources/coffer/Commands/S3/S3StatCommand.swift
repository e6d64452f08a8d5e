import ArgumentParser
import HTTPClient

struct S3StatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stat", abstract: "One object: size, time, encryption.")

    @Argument(help: ArgumentHelp("s3://BUCKET/KEY.", valueName: "ADDRESS")) var address: String
    @OptionGroup var options: S3Options

    mutating func run() async throws {
        let (address, options) = (address, options)
        try await orFail {
            let headers = try await options.client().call(.head, S3Address(requiring: address)).headers
            let size = headers["content-length"].flatMap(Int64.init) ?? 0
            print("size        \(size) (\(TerminalText.bytes(size)))")
            for (title, name) in [
                ("modified", "last-modified"), ("etag", "etag"), ("type", "content-type"),
                ("version", "x-amz-version-id"),
                ("encryption", "x-amz-server-side-encryption"), ("key", "x-amz-server-side-encryption-aws-kms-key-id"),
            ] {
                guard let value = headers[name] else { continue }
                print(title + String(repeating: " ", count: 12 - title.count) + TerminalText.plain(value))
            }
        }
    }
}
