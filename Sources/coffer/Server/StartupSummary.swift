import Glibc
import HTTPServer
import Logging
import NIOCore

/// The block that tells the operator what runs: on standard output, or one line of the JSON log.
struct StartupSummary {
    let configuration: ServerConfiguration
    let server: HTTPServer
    let isTLS: Bool
    let space: (total: Int64, available: Int64)
    let keyService: String
    let newKeyring: String?
    let accessKey: String
    /// A generated secret, shown once.
    let newSecret: String?
    let logger: Logger

    func print() {
        if configuration.logsJSON {
            logger.notice(
                "listening",
                metadata: [
                    "endpoints": "\(endpoints.joined(separator: " "))", "console": "\(console ?? "off")",
                    "drive": "\(configuration.drive)",
                    "key-service": "\(keyService)", "default-encryption": "\(defaultEncryption)",
                ])
        }
        // Neither --json nor --quiet may swallow what is said only once.
        guard !(configuration.logsJSON || configuration.isQuiet) || newSecret != nil || newKeyring != nil else {
            return
        }
        Swift.print(lines.joined(separator: "\n"))
        fflush(nil)
    }

    /// What a server that became whole later has to say, once.
    static func print(newSecret: String) {
        Swift.print("  Access key    \(RootCredentials.generatedUser)")
        Swift.print("  Secret key    \(newSecret)   (generated; shown this once)")
        fflush(nil)
    }

    private var lines: [String] {
        var lines: [String] = [
            "" as String?,
            "Coffer \(Release.version)",
            "",
            "  Endpoint      \(endpoints.joined(separator: "  "))",
            console.map { "  WebUI         \($0)" },
            "  Access key    \(accessKey)",
        ]
        .compactMap(\.self)
        if let newSecret { lines.append("  Secret key    \(newSecret)   (generated; shown this once)") }
        lines += [
            "  Drive         \(configuration.drive) (\(gibibytes(space.available)) free of \(gibibytes(space.total)))",
            "  Key service   \(keyService)",
            "  Encryption    everything; \(defaultEncryption) unless the request or the bucket says otherwise",
        ]
        if let newKeyring {
            lines += [
                "",
                "  A new keyring was made: \(newKeyring)",
                "  Without it nothing on this drive can be read, by anyone. Keep a copy in another place.",
            ]
        }
        lines.append("")
        return lines
    }

    private var endpoints: [String] {
        (configuration.console == nil ? server.addresses[...] : server.addresses.dropLast()).map(url)
    }

    /// Where the console is, for whoever reads this; `nil` without one.
    private var console: String? {
        guard let console = configuration.console else { return nil }
        return console.redirectAddress ?? server.addresses.last.map(url)
    }

    private func url(_ address: SocketAddress) -> String {
        "\(isTLS ? "https" : "http")://\(address.ipAddress ?? "localhost"):\(address.port ?? 0)"
    }

    private var defaultEncryption: String { configuration.autoEncryption ? "SSE-KMS" : "SSE-S3" }

    private func gibibytes(_ bytes: Int64) -> String { "\(bytes >> 30) GiB" }
}
