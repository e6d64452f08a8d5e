import Glibc

/// The addresses of this machine.
enum NetworkInterfaces {
    /// Numeric, without link-local ones; IPv4 before IPv6.
    static func addresses() -> [String] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return ["127.0.0.1"] }
        defer { freeifaddrs(first) }
        var four: [String] = []
        var six: [String] = []
        var next = first
        while let interface = next {
            next = interface.pointee.ifa_next
            guard let address = interface.pointee.ifa_addr, interface.pointee.ifa_flags & UInt32(IFF_UP) != 0
            else { continue }
            switch Int32(address.pointee.sa_family) {
            case AF_INET: numeric(address, MemoryLayout<sockaddr_in>.size).map { four.append($0) }
            case AF_INET6: numeric(address, MemoryLayout<sockaddr_in6>.size).map { six.append($0) }
            default: continue
            }
        }
        let all = (four + six).filter { !isLinkLocal($0) }
        return all.isEmpty ? ["127.0.0.1"] : all
    }

    private static func numeric(_ address: UnsafeMutablePointer<sockaddr>, _ size: Int) -> String? {
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        guard getnameinfo(address, socklen_t(size), &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST) == 0 else {
            return nil
        }
        return String(decoding: host.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func isLinkLocal(_ address: String) -> Bool {
        address.hasPrefix("169.254.") || address.contains("%")
            || ["fe8", "fe9", "fea", "feb"].contains { address.lowercased().hasPrefix($0) }
    }
}
