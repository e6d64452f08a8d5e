package import JSON

package struct VersionResponse: KESObject {
    package var version: String
    package var commit: String

    package init(version: String, commit: String) {
        self.version = version
        self.commit = commit
    }

    package init() { self.init(version: "", commit: "") }

    package mutating func readMember(
        _ member: JSONName, from scanner: inout JSONScanner
    ) throws(KESDocumentError) -> Bool {
        switch member {
        case "version": try scanner.readText(&version)
        case "commit": try scanner.readText(&commit)
        default: return false
        }
        return true
    }

    package func appendMembers(to json: inout [UInt8]) {
        json.appendMember("version", text: version)
        json.appendMember("commit", text: commit)
    }
}

/// How the server is.
package struct StatusResponse: KESObject {
    package var version: String
    /// As Go names it: `linux`, `darwin`.
    package var os: String
    /// As Go names it: `amd64`, `arm64`.
    package var arch: String
    /// In seconds.
    package var uptime: Int
    package var cpuCount: Int
    package var usableCPUCount: Int
    package var heapByteCount: Int
    package var stackByteCount: Int
    /// In milliseconds; left out at zero.
    package var keyStoreLatency: Int
    /// Left out when false.
    package var isKeyStoreUnreachable: Bool
    /// Left out when false.
    package var isKeyStoreUnavailable: Bool

    package init(
        version: String, os: String, arch: String, uptime: Int, cpuCount: Int, usableCPUCount: Int, heapByteCount: Int,
        stackByteCount: Int, keyStoreLatency: Int = 0, isKeyStoreUnreachable: Bool = false,
        isKeyStoreUnavailable: Bool = false
    ) {
        self.version = version
        self.os = os
        self.arch = arch
        self.uptime = uptime
        self.cpuCount = cpuCount
        self.usableCPUCount = usableCPUCount
        self.heapByteCount = heapByteCount
        self.stackByteCount = stackByteCount
        self.keyStoreLatency = keyStoreLatency
        self.isKeyStoreUnreachable = isKeyStoreUnreachable
        self.isKeyStoreUnavailable = isKeyStoreUnavailable
    }

    package init() {
        self.init(
            version: "", os: "", arch: "", uptime: 0, cpuCount: 0, usableCPUCount: 0, heapByteCount: 0,
            stackByteCount: 0)
    }

    package mutating func readMember(
        _ member: JSONName, from scanner: inout JSONScanner
    ) throws(KESDocumentError) -> Bool {
        switch member {
        case "version": try scanner.readText(&version)
        case "os": try scanner.readText(&os)
        case "arch": try scanner.readText(&arch)
        case "uptime": try scanner.readInteger(&uptime)
        case "num_cpu": try scanner.readInteger(&cpuCount)
        case "num_cpu_used": try scanner.readInteger(&usableCPUCount)
        case "mem_heap_used": try scanner.readInteger(&heapByteCount)
        case "mem_stack_used": try scanner.readInteger(&stackByteCount)
        case "keystore_latency": try scanner.readInteger(&keyStoreLatency)
        case "keystore_unreachable": try scanner.readBool(&isKeyStoreUnreachable)
        case "keystore_unavailable": try scanner.readBool(&isKeyStoreUnavailable)
        default: return false
        }
        return true
    }

    package func appendMembers(to json: inout [UInt8]) {
        json.appendMember("version", text: version)
        json.appendMember("os", text: os)
        json.appendMember("arch", text: arch)
        json.appendMember("uptime", integer: uptime)
        json.appendMember("num_cpu", integer: cpuCount)
        json.appendMember("num_cpu_used", integer: usableCPUCount)
        json.appendMember("mem_heap_used", integer: heapByteCount)
        json.appendMember("mem_stack_used", integer: stackByteCount)
        if keyStoreLatency != 0 { json.appendMember("keystore_latency", integer: keyStoreLatency) }
        json.appendMember("keystore_unreachable", ifTrue: isKeyStoreUnreachable)
        json.appendMember("keystore_unavailable", ifTrue: isKeyStoreUnavailable)
    }
}

/// One line of the list of calls.
package struct APIDescription: KESObject, Hashable {
    package var method: String
    package var path: String
    /// In bytes.
    package var maxBody: Int
    /// In seconds, zero without end.
    package var timeout: Int

    package init(method: String, path: String, maxBody: Int, timeout: Int) {
        self.method = method
        self.path = path
        self.maxBody = maxBody
        self.timeout = timeout
    }

    package init() { self.init(method: "", path: "", maxBody: 0, timeout: 0) }

    package mutating func readMember(
        _ member: JSONName, from scanner: inout JSONScanner
    ) throws(KESDocumentError) -> Bool {
        switch member {
        case "method": try scanner.readText(&method)
        case "path": try scanner.readText(&path)
        case "max_body": try scanner.readInteger(&maxBody)
        case "timeout": try scanner.readInteger(&timeout)
        default: return false
        }
        return true
    }

    package func appendMembers(to json: inout [UInt8]) {
        json.appendMember("method", text: method)
        json.appendMember("path", text: path)
        json.appendMember("max_body", integer: maxBody)
        json.appendMember("timeout", integer: timeout)
    }
}

/// The list of calls: a JSON array.
package struct APIListResponse: KESDocument {
    package var apis: [APIDescription]

    package init(_ apis: [APIDescription]) { self.apis = apis }

    package init(json: UnsafeRawBufferPointer) throws(KESDocumentError) {
        var scanner = JSONScanner(json)
        apis = try scanner.readObjects()
    }

    package func append(to json: inout [UInt8]) { json.append(objects: apis) }
}
