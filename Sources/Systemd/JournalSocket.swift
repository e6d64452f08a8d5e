import Glibc

/// An entry of systemd's journal: its message, its priority, and fields that it can be found by (the journal's native
/// protocol).
package struct JournalEntry: Sendable {
    /// Bytes of a value that are kept: a datagram has an end, and a longer one is lost.
    private static let longestValue = 16 << 10
    /// Bytes of all fields.
    private static let longest = 96 << 10

    private(set) var bytes: [UInt8] = []

    package init(_ priority: JournalPriority, message: String, identifier: String) {
        add("MESSAGE", message)
        add("PRIORITY", "\(priority.rawValue)")
        add("SYSLOG_IDENTIFIER", identifier)
    }

    /// Adds a field; one that finds no room any more is left out.
    ///
    /// - Parameter name: becomes what the journal takes: upper-case letters, digits and underscores, a letter first, at most
    ///   64.
    package mutating func add(_ name: String, _ value: String) {
        let name = Self.name(name)
        let value = value.utf8.prefix(Self.longestValue)
        guard !name.isEmpty, bytes.count + name.count + value.count + 16 <= Self.longest else { return }
        bytes += name
        if value.contains(where: { $0 < 0x20 }) {
            // With its length, 64 bits, the least significant byte first.
            bytes.append(UInt8(ascii: "\n"))
            withUnsafeBytes(of: UInt64(value.count).littleEndian) { bytes += $0 }
        } else {
            bytes.append(UInt8(ascii: "="))
        }
        bytes += value
        bytes.append(UInt8(ascii: "\n"))
    }

    private static func name(_ text: String) -> [UInt8] {
        let name = text.utf8.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): byte & ~0x20
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
            default: UInt8(ascii: "_")
            }
        }
        return Array(name.drop { !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }.prefix(64))
    }
}

/// Where the journal takes entries; who sends one never waits.
package final class JournalSocket: Sendable {
    /// Where systemd's journal listens.
    package static let path = "/run/systemd/journal/socket"

    private let socket: Int32
    private let address: sockaddr_un
    private let addressLength: socklen_t

    /// `nil` where nothing is at the path.
    package init?(_ path: String = JournalSocket.path) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path), access(path, W_OK) == 0 else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        self.address = address
        addressLength = socklen_t(MemoryLayout.offset(of: \sockaddr_un.sun_path) ?? 2) + socklen_t(bytes.count)
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return nil }
        var room: Int32 = 1 << 20
        setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &room, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close(socket) }

    /// - Returns: false when the journal did not take it at once, or is not there.
    package func send(_ entry: JournalEntry) -> Bool {
        withUnsafePointer(to: address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                while true {
                    let count = sendto(
                        socket, entry.bytes, entry.bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT), address,
                        addressLength)
                    if count < 0, errno == EINTR { continue }
                    return count == entry.bytes.count
                }
            }
        }
    }
}
