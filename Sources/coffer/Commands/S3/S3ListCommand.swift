import ArgumentParser
import S3Protocol

struct S3ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "All buckets, or what is in one.")

    @Argument(help: ArgumentHelp("s3://BUCKET/PREFIX; all buckets without one.", valueName: "ADDRESS"))
    var address: String?
    @Flag(help: "What lies below, too.") var recursive = false
    @OptionGroup var options: S3Options

    mutating func run() async throws {
        let (address, recursive, options) = (address, recursive, options)
        try await orFail {
            let client = try options.client()
            guard let address else {
                let document = try await client.document(nil)
                for bucket in document.all("Buckets").flatMap({ $0.all("Bucket") }) {
                    print("\(bucket.text("CreationDate"))  \(TerminalText.plain(bucket.text("Name")))/")
                }
                return
            }
            try await Self.eachPage(of: S3Address(requiring: address), client, recursive: recursive) { page in
                for prefix in page.all("CommonPrefixes") {
                    print("\(padded("DIR", to: 36))  \(shown(prefix.text("Prefix")))")
                }
                for object in page.all("Contents") {
                    let size = TerminalText.bytes(Int64(object.text("Size")) ?? 0)
                    print("\(object.text("LastModified"))  \(padded(size, to: 10))  \(shown(object.text("Key")))")
                }
            }
        }

        func shown(_ key: String) -> String { TerminalText.plain(key) }
        func padded(_ text: String, to width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
    }

    /// Every page of a listing.
    static func eachPage(
        of address: S3Address, _ client: S3Client, recursive: Bool, _ body: (XMLElement) async throws -> Void
    ) async throws {
        var token: String?
        repeat {
            var query = [(name: "list-type", value: "2"), ("prefix", address.key)]
            if !recursive { query.append(("delimiter", "/")) }
            if let token { query.append(("continuation-token", token)) }
            let page = try await client.document(S3Address(bucket: address.bucket), query)
            try await body(page)
            token = page.text("IsTruncated") == "true" ? page.text("NextContinuationToken") : nil
        } while token != nil
    }
}
