import Glibc
import Systemd
import TestSupport
import Testing

/// A socket that receives what a service manager would.
private final class NotifySocket {
    let descriptor: Int32

    /// - Parameter name: As `NOTIFY_SOCKET` has it.
    init(_ name: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(name.utf8)
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(2 + bytes.count)
        let isBound = withUnsafePointer(to: address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        #expect(isBound == 0)
    }

    deinit { close(descriptor) }

    /// The next datagram, `nil` when there is none.
    func next() -> String? {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }
}

struct SystemdNotifierTests {
    @Test(arguments: [true, false]) func `states arrive as one datagram`(isAbstract: Bool) throws {
        let directory = try TemporaryDirectory()
        let name = isAbstract ? "@coffer-notify-\(getpid())" : "\(directory.path)/notify"
        let socket = NotifySocket(name)
        let notifier = SystemdNotifier(name)
        #expect(notifier.tell(.ready, .status("two\nlines")))
        #expect(socket.next() == "READY=1\nSTATUS=two lines")
        #expect(notifier.tell(.stopping))
        #expect(socket.next() == "STOPPING=1")
        #expect(notifier.tell(.reloading))
        #expect(socket.next()?.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") == true)
        #expect(notifier.tell(.status(String(repeating: "x", count: 5000))))
        #expect(socket.next()?.utf8.count == "STATUS=".utf8.count + 512)
        #expect(socket.next() == nil)
    }

    @Test(arguments: [nil, "", "relative", "vsock:2:3", "/" + String(repeating: "x", count: 200)])
    func `without a socket nobody is told`(name: String?) {
        #expect(SystemdNotifier(name).tell(.ready))
    }

    @Test func `a manager that is gone is not a fault of the service`() {
        #expect(!SystemdNotifier("/nonexistent/socket").tell(.ready))
    }

    @Test func `the watchdog speaks while the proof returns, and only then`() async throws {
        let directory = try TemporaryDirectory()
        let name = "\(directory.path)/notify"
        let socket = NotifySocket(name)
        let watchdog = try #require(Watchdog(microseconds: "2000", process: "\(getpid())"))
        let proofs = AsyncStream<Void>.makeStream()
        let task = Task {
            await watchdog.run(SystemdNotifier(name)) {
                var iterator = proofs.stream.makeAsyncIterator()
                await iterator.next()
            }
        }
        for _ in 0..<20 { await Task.yield() }
        #expect(socket.next() == nil)
        proofs.continuation.yield()
        var heard: String?
        while heard == nil {
            heard = socket.next()
            try await Task.sleep(for: .milliseconds(1))
        }
        #expect(heard == "WATCHDOG=1")
        task.cancel()
        proofs.continuation.finish()
        await task.value
    }

    @Test func `the watchdog is for the process that it names`() {
        #expect(Watchdog(microseconds: "30000000", process: nil)?.interval == .seconds(15))
        #expect(Watchdog(microseconds: "30000000", process: "1") == nil)
        for text in [nil, "", "0", "-5", "x"] { #expect(Watchdog(microseconds: text, process: nil) == nil) }
    }

    @Test func `the journal is known by device and inode`() throws {
        let directory = try TemporaryDirectory()
        let file = open("\(directory.path)/log", O_WRONLY | O_CREAT, 0o600)
        defer { close(file) }
        var status = stat()
        #expect(fstat(file, &status) == 0)
        #expect(JournalStream.isJournal(file, stream: "\(status.st_dev):\(status.st_ino)"))
        for other in ["\(status.st_dev):\(status.st_ino + 1)", "\(status.st_dev)", "", ":", "a:b"] {
            #expect(!JournalStream.isJournal(file, stream: other))
        }
        #expect(JournalPriority.error.prefix == "<3>")
    }
}
