import Glibc
import Systemd
import TestSupport
import Testing

struct JournalSocketTests {
    @Test func `an entry has its fields, those with line breaks by their length`() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/journal"
        let received = try DatagramSocket(path)
        let journal = try #require(JournalSocket(path))
        var entry = JournalEntry(.warning, message: "two\nlines", identifier: "coffer")
        entry.add("COFFER_key-service", "keyring")
        entry.add("_1st", "x")
        entry.add("§", "left out")
        #expect(journal.send(entry))
        let length: [UInt8] = [9, 0, 0, 0, 0, 0, 0, 0]
        let expected =
            Array("MESSAGE\n".utf8) + length + Array("two\nlines\n".utf8)
            + Array("PRIORITY=4\nSYSLOG_IDENTIFIER=coffer\nCOFFER_KEY_SERVICE=keyring\nST=x\n".utf8)
        #expect(received.next() == expected)
    }

    @Test func `a value that is too long is cut, and fields without room are left out`() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/journal"
        let received = try DatagramSocket(path)
        let journal = try #require(JournalSocket(path))
        var entry = JournalEntry(.error, message: "x", identifier: "coffer")
        for number in 0..<40 { entry.add("FIELD\(number)", String(repeating: "y", count: 100_000)) }
        #expect(journal.send(entry))
        let count = try #require(received.next()).count
        #expect((64 << 10...96 << 10).contains(count))
    }

    @Test func `who sends never waits, and is told when nobody takes it`() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/journal"
        #expect(JournalSocket(path) == nil)
        var received: DatagramSocket? = try DatagramSocket(path)
        let journal = try #require(JournalSocket(path))
        var sent = 0
        while sent < 100_000, journal.send(JournalEntry(.info, message: "line \(sent)", identifier: "coffer")) {
            sent += 1
        }
        #expect(sent > 0 && sent < 100_000)
        for number in 0..<sent {
            #expect(received?.next()?.starts(with: "MESSAGE=line \(number)\n".utf8) == true)
        }
        #expect(journal.send(JournalEntry(.info, message: "again", identifier: "coffer")))
        received = nil
        #expect(!journal.send(JournalEntry(.info, message: "gone", identifier: "coffer")))
    }
}

/// A socket that receives what the journal would.
final class DatagramSocket {
    private let descriptor: Int32

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
    }

    deinit { close(descriptor) }

    /// The next datagram, `nil` when there is none.
    func next() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return count < 0 ? nil : Array(bytes[..<count])
    }
}
