/// What the administration tells of the running process; it does not change while that runs.
package struct ServerFacts: Sendable {
    package var version: String
    /// The server's own name and port, such as `host:9000`.
    package var endpoint: String
    /// When the process began to serve: milliseconds since 1970.
    package var started: Int64
    /// The drive's directory.
    package var drive: String
    /// Empty where any is accepted.
    package var region: String
    /// The webhooks that buckets may have told of events.
    package var webhooks: [String]
    /// The variables that the server was configured by; of secret ones that they are there.
    package var environment: [String: String]

    package init(
        version: String = "", endpoint: String = "localhost:9000", started: Int64 = 0, drive: String = "/",
        region: String = "", webhooks: [String] = [], environment: [String: String] = [:]
    ) {
        self.version = version
        self.endpoint = endpoint
        self.started = started
        self.drive = drive
        self.region = region
        self.webhooks = webhooks
        self.environment = environment
    }

    /// What stands for a secret.
    package static let redacted = "*** EXISTS, REDACTED ***"

    /// Whether a variable's name says that its value is secret; an endpoint may have a password in it.
    package static func isSecret(_ variable: String) -> Bool {
        let name = variable.uppercased()
        if name.hasSuffix("_KEY_NAME") || name.hasSuffix("_KEY_FILE") { return false }
        return ["SECRET", "PASSWORD", "PASSWD", "TOKEN", "KEY", "ENDPOINT", "ROOT_USER"].contains { name.contains($0) }
    }
}
