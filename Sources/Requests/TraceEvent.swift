import JSON
import Notation
import Threading

/// Something that the server does by itself, or for requests, as traces tell it: a call of the key service, a commit, a walk.
package struct TraceEvent: Sendable {
    let kind: TraceKind
    /// Such as `kms.GenerateKey`.
    let function: String
    /// What it is about: the name of a key or bucket, the drive's directory.
    let path: String
    /// Milliseconds since 1970.
    let started: Int64
    /// Nanoseconds.
    let duration: Int64
    /// Why it failed; empty when it did not.
    let error: String

    /// Of what ends now.
    ///
    /// - Parameter duration: nanoseconds.
    package init(_ kind: TraceKind, _ function: String, path: String, duration: Int64, error: String = "") {
        self.kind = kind
        self.function = function
        self.path = path
        self.duration = duration
        self.error = error
        started = Clock.milliseconds() - duration / 1_000_000
    }

    /// As MinIO traces what is no request, with the line's end.
    func line(node: String) -> [UInt8] {
        var json: [UInt8] = []
        json.append("{")
        json.appendMember("type", integer: kind.rawValue)
        json.appendMember("nodename", text: node)
        json.appendMember("funcname", text: function)
        json.appendMember("time", text: HTTPDate.iso8601(started))
        json.appendMember("path", text: path)
        json.appendMember("dur", integer: duration)
        json.appendMember("error", unlessEmpty: loggable(error))
        json.append("}\n")
        return json
    }
}

extension TraceFeed {
    /// Shows what has ended to who watches; free when nobody does.
    ///
    /// Called by whoever does the thing, on any thread: some microseconds at most, and nothing that blocks.
    package func publish(_ event: @autoclosure () -> TraceEvent) {
        guard isListening else { return }
        let event = event()
        ring.publish(
            event.line(node: node()),
            Tag(kind: event.kind, isError: !event.error.isEmpty, duration: event.duration))
    }
}
