import ArgumentParser
import Glibc
import KESClient
import KESProtocol

struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Follow a server's audit events, or its error log.")

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "Audit events (the default).")
    var audit = false

    @Flag(help: "The error log.")
    var error = false

    @Flag(help: "Print the events as they come, in JSON.")
    var json = false

    func run() async throws {
        if audit && error { throw CommandFailure("cannot display audit and error logs at the same time") }
        let client = try connection.client()
        let log = try await performing { () async throws(KESClientError) in
            try await client.log(error ? .error : .audit)
        }
        if !json && !error { Terminal.write(AuditLine.header + "\n") }
        while let event = try await performing(nil, { () async throws(KESClientError) in try await log.next() }) {
            Terminal.write(text(event) + "\n")
        }
    }

    /// An event that cannot be read is shown as it came.
    private func text(_ event: [UInt8]) -> String {
        let raw = String(decoding: event, as: UTF8.self)
        if json { return raw }
        if error { return (try? ErrorEvent(json: event))?.message ?? raw }
        return (try? AuditEvent(json: event)).map(AuditLine.text) ?? raw
    }
}

/// An audit event as one row of a table.
enum AuditLine {
    static let header =
        "Time        Status    Identity                IP                 API                               Latency"

    static func text(_ event: AuditEvent) -> String {
        [
            Lines.padded(localTime(event.time), 8), Lines.padded(String(event.code), 6),
            Lines.padded(String(event.identity.prefix(20)), 20), Lines.padded(event.ip, 15),
            Lines.padded(event.path, 30), GoDuration.format(.nanoseconds(event.responseTime)),
        ].joined(separator: "    ")
    }

    /// `hh:mm:ss` where the person is.
    private static func localTime(_ time: RFC3339Time) -> String {
        var seconds = time_t(time.seconds)
        var fields = tm()
        localtime_r(&seconds, &fields)
        return [fields.tm_hour, fields.tm_min, fields.tm_sec].map { $0 < 10 ? "0\($0)" : "\($0)" }
            .joined(separator: ":")
    }
}
