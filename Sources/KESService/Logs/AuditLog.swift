import KESProtocol
import Synchronization

/// The log of requests: all of them for those who listen, by default only changes on standard output.
package final class AuditLog: Sendable {
    let feed = EventFeed()
    private let threshold = Atomic(KESLogLevel.info.rawValue)
    private let count = Atomic(0)
    private let write: @Sendable ([UInt8]) -> Void

    init(_ write: @escaping @Sendable ([UInt8]) -> Void) { self.write = write }

    /// From ``KESLogLevel/debug`` down every request is written, up to ``KESLogLevel/info`` those that changed keys.
    var level: KESLogLevel {
        get { KESLogLevel(rawValue: threshold.load(ordering: .relaxed)) }
        set { threshold.store(newValue.rawValue, ordering: .relaxed) }
    }

    /// How many requests there were.
    var eventCount: Int { count.load(ordering: .relaxed) }

    /// Takes note of an answer.
    func record(_ call: Call, status: Int, nanoseconds: Int64) {
        count.wrappingAdd(1, ordering: .relaxed)
        if feed.isWatched {
            let event = AuditEvent(
                time: .now, ip: call.ip, path: call.path, identity: call.identity?.text ?? "", code: status,
                responseTime: nanoseconds)
            feed.publish(event.json)
        }
        let change = status == 200 ? call.route.change : nil
        let level = change == nil ? KESLogLevel.debug : .info
        guard level >= self.level else { return }
        let message = change.map { "secret key '\(call.argument)' \($0)" } ?? "request answered"
        var line = LogLine(time: .now, level: level, message: message)
        call.append(to: &line)
        line.append("res.code", String(status))
        line.append("res.time", GoDuration.format(.nanoseconds(nanoseconds)))
        write(line.bytes + [UInt8(ascii: "\n")])
    }
}
