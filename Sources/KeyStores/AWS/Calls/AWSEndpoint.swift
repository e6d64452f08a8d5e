/// Where a service is: scheme and authority, and a path where something stands in for AWS.
struct AWSEndpoint: Sendable {
    /// Ends in a slash.
    let url: String
    /// As the `Host` header has it, which is signed: without the scheme's own port.
    let host: String
    /// From the authority on; begins and ends with a slash.
    let path: String

    /// Throws ``KeyStoreError/unavailable(_:)`` for what is no address of a server.
    init(_ text: String) throws(KeyStoreError) {
        let hasScheme = text.hasPrefix("https://") || text.hasPrefix("http://")
        guard hasScheme || !text.contains("://") else {
            throw .unavailable("aws: the endpoint has to begin with https:// or http://")
        }
        let full = hasScheme ? text : "https://\(text)"
        let isTLS = full.hasPrefix("https://")
        let rest = full.dropFirst(isTLS ? 8 : 7)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.isEmpty, !authority.contains("@"), !rest.contains("?"), !rest.contains("#") else {
            throw .unavailable("aws: the endpoint has to be a host, with a port or without")
        }
        let ownPort = isTLS ? ":443" : ":80"
        host = String(authority.hasSuffix(ownPort) ? authority.dropLast(ownPort.count) : authority).lowercased()
        let directory = rest.dropFirst(authority.count)
        path = directory.hasSuffix("/") ? String(directory) : "\(directory)/"
        url = "\(isTLS ? "https" : "http")://\(authority.lowercased())\(path)"
    }

    /// The service's own endpoint in a region.
    static func ofService(_ service: String, region: String) throws(KeyStoreError) -> AWSEndpoint {
        // The other partitions, by how their regions begin.
        let domains = [("cn-", "amazonaws.com.cn"), ("us-iso-", "c2s.ic.gov"), ("us-isob-", "sc2s.sgov.gov")]
        let domain = domains.first { region.hasPrefix($0.0) }?.1 ?? "amazonaws.com"
        return try AWSEndpoint("https://\(service).\(region).\(domain)")
    }
}
