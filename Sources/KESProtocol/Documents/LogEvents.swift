package import JSON

/// One request, as the stream of audit events tells it.
package struct AuditEvent: KESObject {
    package var time: RFC3339Time
    /// Left out when empty.
    package var ip: String
    package var path: String
    /// Left out when empty.
    package var identity: String
    /// The HTTP status of the answer.
    package var code: Int
    /// How long the answer took, in nanoseconds.
    package var responseTime: Int64

    package init(time: RFC3339Time, ip: String, path: String, identity: String, code: Int, responseTime: Int64) {
        self.time = time
        self.ip = ip
        self.path = path
        self.identity = identity
        self.code = code
        self.responseTime = responseTime
    }

    package init() {
        self.init(time: .unknown, ip: "", path: "", identity: "", code: 0, responseTime: 0)
    }

    package mutating func readMember(
        _ member: JSONName, from scanner: inout JSONScanner
    ) throws(KESDocumentError) -> Bool {
        switch member {
        case "time": try scanner.readTime(&time)
        case "request":
            try scanner.readObject { (name, scanner) throws(KESDocumentError) in
                switch name {
                case "ip": try scanner.readText(&ip)
                case "path": try scanner.readText(&path)
                case "identity": try scanner.readText(&identity)
                default: return false
                }
                return true
            }
        case "response":
            try scanner.readObject { (name, scanner) throws(KESDocumentError) in
                switch name {
                case "code": try scanner.readInteger(&code)
                case "time": try scanner.readInteger(&responseTime)
                default: return false
                }
                return true
            }
        default: return false
        }
        return true
    }

    package func appendMembers(to json: inout [UInt8]) {
        json.appendMember("time", time: time)
        json.appendName("request")
        json.append(UInt8(ascii: "{"))
        json.appendMember("ip", unlessEmpty: ip)
        json.appendMember("path", text: path)
        json.appendMember("identity", unlessEmpty: identity)
        json.append(UInt8(ascii: "}"))
        json.appendName("response")
        json.append(UInt8(ascii: "{"))
        json.appendMember("code", integer: code)
        json.appendMember("time", integer: responseTime)
        json.append(UInt8(ascii: "}"))
    }
}

/// One line of the error log.
package struct ErrorEvent: KESObject {
    package var message: String

    package init(message: String) { self.message = message }

    package init() { self.init(message: "") }

    package mutating func readMember(
        _ member: JSONName, from scanner: inout JSONScanner
    ) throws(KESDocumentError) -> Bool {
        switch member {
        case "message": try scanner.readText(&message)
        default: return false
        }
        return true
    }

    package func appendMembers(to json: inout [UInt8]) {
        json.appendMember("message", text: message)
    }
}
