import ArgumentParser
import HTTPClient
import JSON

struct AdminQuotaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quota", abstract: "How much a bucket may have: shows it, or sets it.")

    @Argument(help: ArgumentHelp(valueName: "BUCKET")) var bucket: String
    @Argument(help: ArgumentHelp("Bytes; 0 for no bound.", valueName: "BYTES")) var bytes: UInt64?
    @OptionGroup var options: AdminOptions

    mutating func run() async throws {
        let (options, bucket, bytes) = (options, bucket, bytes)
        try await orFail {
            let client = try options.server.client()
            if let bytes {
                var document: [(name: String, value: JSONValue)] = [("size", .number("\(bytes)"))]
                if bytes > 0 { document.append(("quotatype", .string("hard"))) }
                _ = try await client.call(
                    .put, "set-bucket-quota", [("bucket", bucket)], body: .plain(JSONValue.object(document).bytes))
            }
            options.show(try await client.json(.get, "get-bucket-quota", [("bucket", bucket)])) { quota in
                let size = quota.number("size")
                print(size == 0 ? "no quota" : ByteCount.text(size))
            }
        }
    }
}
