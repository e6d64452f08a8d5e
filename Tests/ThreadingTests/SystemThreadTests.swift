import Glibc
import Testing
import Threading

@Suite struct SystemThreadTests {
    @Test func `a thread has done its work when it is joined, and may be joined again`() throws {
        let name = Monitor("")
        let thread = try SystemThread(name: "named-by-its-starter") {
            var text = [CChar](repeating: 0, count: 32)
            let file = open("/proc/thread-self/comm", O_RDONLY)
            let count = read(file, &text, text.count)
            close(file)
            name.withLock {
                $0 = String(decoding: text.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            }
        }
        thread.join()
        // The kernel keeps 15 bytes.
        #expect(name.withLock { $0 } == "named-by-its-st\n")
        thread.join()
    }

    @Test func `a thread that nobody keeps runs all the same`() throws {
        let hasRun = Monitor(false)
        _ = try SystemThread(name: "alone") { hasRun.signal { $0 = true } }
        _ = hasRun.wait { $0 ? true : nil }
    }
}
