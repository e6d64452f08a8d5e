import Glibc
import Synchronization

/// An IPv4 address, or the network of 64 bits that an IPv6 client can choose its addresses from.
package struct PeerNetwork: Hashable, Sendable {
    private let isIPv6: Bool
    private let bits: UInt64

    /// `nil` for what is no address of the Internet.
    package init?(_ text: String) {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            (isIPv6, bits) = (false, UInt64(four.s_addr))
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, String(text.prefix { $0 != "%" }), &six) == 1 else { return nil }
        (isIPv6, bits) = (true, withUnsafeBytes(of: &six) { $0.loadUnaligned(as: UInt64.self) })
    }
}

/// Open connections by the address of their peer, where there is a limit.
final class PeerConnections: Sendable {
    private let limit: Int?
    private let open = Mutex<[PeerNetwork: Int]>([:])

    init(limit: Int?) {
        self.limit = limit
    }

    /// Counts a connection in; false when its peer has too many.
    func admit(_ address: String) -> Bool {
        guard let limit, let peer = PeerNetwork(address) else { return true }
        let count = open.withLock { open in
            open[peer, default: 0] += 1
            return open[peer, default: 0]
        }
        return count <= limit
    }

    /// Counts out a connection that was counted in, admitted or not.
    func close(_ address: String) {
        guard limit != nil, let peer = PeerNetwork(address) else { return }
        open.withLock { open in
            let rest = open[peer, default: 0] - 1
            open[peer] = rest > 0 ? rest : nil
        }
    }
}
