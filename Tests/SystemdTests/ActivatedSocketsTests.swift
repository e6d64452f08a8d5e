import Glibc
import Systemd
import Testing

struct ActivatedSocketsTests {
    /// Descriptors that follow each other, from the first on.
    private func listening(_ count: Int32, from first: Int32) throws {
        for index in 0..<count {
            let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
            let bound = withUnsafePointer(to: address) { address in
                address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(made, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            try #require(bound == 0 && listen(made, 1) == 0 && dup2(made, first + index) == first + index)
            close(made)
        }
    }

    @Test func `sockets come with their names and addresses, and go to no child`() throws {
        try listening(2, from: 700)
        defer { for descriptor in Int32(700)...701 { close(descriptor) } }
        let given = try ActivatedSockets(process: "\(getpid())", count: "2", names: "s3:console", first: 700)
        #expect(given.sockets.map(\.name) == ["s3", "console"])
        #expect(given.sockets.map(\.descriptor) == [700, 701])
        #expect(given.sockets.allSatisfy { $0.address.hasPrefix("127.0.0.1:") && !$0.address.hasSuffix(":0") })
        #expect(fcntl(700, F_GETFD) & FD_CLOEXEC != 0)
        given.keepForSuccessor()
        #expect(fcntl(700, F_GETFD) & FD_CLOEXEC == 0)
    }

    private static let others: [(process: String?, count: String?)] = [
        (nil, "1"), ("1", "1"), ("self", nil), ("self", "0"), ("self", "-1"), ("self", "x"), ("self", "9999"),
    ]

    @Test(arguments: others)
    func `what is not meant for this process is none`(_ process: String?, _ count: String?) throws {
        let process = process == "self" ? "\(getpid())" : process
        #expect(try ActivatedSockets(process: process, count: count, names: nil, first: 900).sockets.isEmpty)
    }

    @Test func `what does not listen for TCP is refused by name`() throws {
        try #require(dup2(socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0), 720) == 720)
        defer { close(720) }
        #expect(throws: ActivatedSockets.Failure.unsuitable(name: "udp")) {
            try ActivatedSockets(process: "\(getpid())", count: "1", names: "udp", first: 720)
        }
    }
}
