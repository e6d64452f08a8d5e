import Glibc

extension EndpointDistance {
    /// How far `host` is by this machine's network interfaces.
    ///
    /// Names are not resolved: apart from `localhost` and the machine's own they count as remote.
    init(host: String) {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        let own = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if host.lowercased() == "localhost" || host == own {
            self = .thisHost
            return
        }
        guard let address = Self.address(host) else {
            self = .remote
            return
        }
        self = Self.isLoopback(address) ? .thisHost : Self.byInterfaces(address)
    }

    private static func address(_ host: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, host, &bytes) == 1 { return Array(bytes[..<4]) }
        return inet_pton(AF_INET6, host, &bytes) == 1 ? bytes : nil
    }

    private static func isLoopback(_ address: [UInt8]) -> Bool {
        address.count == 4 ? address[0] == 127 : address == [UInt8](repeating: 0, count: 15) + [1]
    }

    private static func byInterfaces(_ address: [UInt8]) -> EndpointDistance {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return .remote }
        defer { freeifaddrs(list) }
        var nearest = EndpointDistance.remote
        var next = list
        while let interface = next?.pointee {
            next = interface.ifa_next
            guard let own = bytes(interface.ifa_addr), own.count == address.count else { continue }
            if own == address { return .thisHost }
            guard let mask = bytes(interface.ifa_netmask), mask.count == own.count else { continue }
            let isNear = mask.indices.allSatisfy { own[$0] & mask[$0] == address[$0] & mask[$0] }
            if isNear { nearest = .sameSubnet }
        }
        return nearest
    }

    private static func bytes(_ address: UnsafeMutablePointer<sockaddr>?) -> [UInt8]? {
        guard let address else { return nil }
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { address in
                withUnsafeBytes(of: address.pointee.sin_addr) { Array($0) }
            }
        case AF_INET6:
            return address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
                withUnsafeBytes(of: address.pointee.sin6_addr) { Array($0) }
            }
        default: return nil
        }
    }
}
