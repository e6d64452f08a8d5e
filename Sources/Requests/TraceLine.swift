import JSON
import Notation

extension CompletedRequest {
    /// The request as MinIO traces it, with the line's end: without signatures, tokens, keys and bodies.
    func traceLine(_ kind: TraceKind, node: String) -> [UInt8] {
        let started = HTTPDate.iso8601(time)
        let duration = duration ?? 0
        var json: [UInt8] = []
        json.reserveCapacity(2048)
        json.append("{")
        json.appendMember("type", integer: kind.rawValue)
        json.appendMember("nodename", text: node)
        json.appendMember("funcname", text: functionName)
        json.appendMember("time", text: started)
        json.appendMember("path", text: path)
        json.appendMember("dur", integer: duration)
        json.appendMember("bytes", integer: bytesReceived + bytesSent)
        json.appendMember("error", unlessEmpty: errorCode ?? "")
        json.appendName("http")
        json.append("{")
        json.appendName("request")
        json.append("{")
        json.appendMember("time", text: started)
        json.appendMember("proto", text: "HTTP/1.1")
        json.appendMember("method", text: method ?? "")
        json.appendMember("path", text: path)
        json.appendMember("rawquery", unlessEmpty: sentTarget.map { LoggedQuery($0).text } ?? "")
        json.appendHeaders("headers", LoggedHeaders(sentHeaders))
        json.appendMember("client", text: remoteAddress)
        json.append("}")
        json.appendName("response")
        json.append("{")
        json.appendMember("time", text: HTTPDate.iso8601(time + duration / 1_000_000))
        json.appendHeaders("headers", LoggedHeaders(answeredHeaders))
        json.appendMember("statuscode", integer: status)
        json.append("}")
        json.appendName("stats")
        json.append("{")
        json.appendMember("inputbytes", integer: bytesReceived)
        json.appendMember("outputbytes", integer: bytesSent)
        json.appendMember("latency", integer: duration)
        json.appendMember("timetofirstbyte", integer: timeToFirstByte ?? 0)
        json.append("}}}\n")
        return json
    }

    /// The path of the target, as it came; empty where none has come.
    package var path: String { sentTarget.map { String($0.prefix { $0 != "?" }) } ?? "" }

    /// As MinIO calls it: the kind of the request and its operation.
    private var functionName: String {
        switch service {
        case .s3: "s3.\(operation.map(OperationNames.minIO) ?? "Refused")"
        case .sts: "sts.\(operation ?? "Refused")"
        case .admin: "admin.\(operation ?? "Refused")"
        case .console: "console.\(operation ?? "Refused")"
        case .health: "health.\(operation ?? "Refused")"
        case .metrics: "metrics.\(operation ?? "Refused")"
        case .http: "http.Refused"
        }
    }
}

extension [UInt8] {
    fileprivate mutating func appendHeaders(_ name: StaticString, _ headers: LoggedHeaders) {
        appendName(name)
        append("{")
        for (index, header) in headers.values.enumerated() {
            if index > 0 { append(",") }
            JSONText.append(header.name, to: &self)
            append(":[")
            for (position, value) in header.values.enumerated() {
                if position > 0 { append(",") }
                JSONText.append(value, to: &self)
            }
            append("]")
        }
        append("}")
    }
}
