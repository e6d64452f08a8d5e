package struct VersionResponse: KESDocument {
    package var version: String
    package var commit: String

    package init(version: String, commit: String) {
        self.version = version
        self.commit = commit
    }
}

/// How the server is.
package struct StatusResponse: KESDocument {
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
}

/// One line of the list of calls.
package struct APIDescription: KESDocument, Hashable {
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
}

/// The list of calls: a JSON array.
package struct APIListResponse: KESDocument {
    package var apis: [APIDescription]

    package init(_ apis: [APIDescription]) { self.apis = apis }
}
