import Glibc

/// When a proxy of the environment is used: as in Go's programs, of which KES's clients are some.
enum Proxies {
    /// Scheme, host and port of a URL, with the slash that ends them.
    static func origin(of url: String) -> String {
        let slashes = url.utf8.indices.filter { url.utf8[$0] == UInt8(ascii: "/") }
        return slashes.count > 2 ? String(url[...slashes[2]]) : url + "/"
    }

    /// Not for this machine itself, nor for addresses of its own link, where clouds have the services that give out
    /// credentials; and only by the variable of the scheme. `no_proxy` is libcurl's to heed.
    static func areUsed(for origin: String) -> Bool {
        let parts = origin.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 2, let host = host(parts[2]), !isLocal(host) else { return false }
        let names = parts[0] == "https:" ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"]
        return names.contains { name in getenv(name).map { $0.pointee != 0 } ?? false }
    }

    /// Of `user@[host]:port`.
    private static func host(_ authority: Substring) -> Substring? {
        guard let place = authority.split(separator: "@", omittingEmptySubsequences: false).last else { return nil }
        if place.first == "[" { return place.dropFirst().prefix { $0 != "]" } }
        return place.prefix { $0 != ":" }
    }

    private static func isLocal(_ host: Substring) -> Bool {
        if host.lowercased() == "localhost" { return true }
        var address = in_addr()
        if inet_pton(AF_INET, String(host), &address) == 1 {
            let number = UInt32(bigEndian: address.s_addr)
            return number >> 24 == 127 || number >> 16 == 0xa9fe
        }
        var longAddress = in6_addr()
        // Without the zone, `%eth0`.
        guard inet_pton(AF_INET6, String(host.prefix { $0 != "%" }), &longAddress) == 1 else { return false }
        return withUnsafeBytes(of: longAddress) { bytes in
            let isLoopback = bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
            return isLoopback || (bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80)
        }
    }
}
