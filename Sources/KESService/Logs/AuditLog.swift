import KESProtocol

/// The log of requests: all of them for those who listen, by default only changes on standard output.
package final class AuditLog: Sendable {
    /// From ``KESLogLevel/debug`` down every request is written, up to ``KESLogLevel/info`` those that changed keys.
    let events: EventLog

    init(_ sink: LogSink) { events = EventLog(sink) }

    /// Takes note of an answer.
    func record(_ call: Call, status: Int, nanoseconds: Int64) {
        events.publish(
            AuditEvent(
                time: .now, ip: call.ip, path: call.path, identity: call.identity?.text ?? "", code: status,
                responseTime: nanoseconds
            ).json)
        let change = status == 200 ? call.route.change : nil
        let level = change == nil ? KESLogLevel.debug : .info
        guard level >= events.level else { return }
        let message = change.map { "secret key '\(call.argument)' \($0)" } ?? "request answered"
        var line = LogLine(time: .now, level: level, message: message)
        call.append(to: &line)
        line.append("res.code", String(status))
        line.append("res.time", GoDuration.format(.nanoseconds(nanoseconds)))
        events.write(line)
    }
}
