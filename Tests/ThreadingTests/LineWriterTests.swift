import Dispatch
import Glibc
import Testing
import Threading

/// Lines on their way to a reader that is slow, or gone.
@Suite struct LineWriterTests {
    /// The two ends of a pipe.
    private struct Pipe {
        let reader: Int32
        let writer: Int32

        init() throws {
            var ends: [Int32] = [0, 0]
            let made = pipe(&ends)
            try #require(made == 0)
            (reader, writer) = (ends[0], ends[1])
        }

        /// All lines until the writing end is closed.
        func lines() -> [Substring] {
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65536)
            while case let count = read(reader, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        }
    }

    private func line(_ number: Int) -> [UInt8] {
        Array("line \(number) \(String(repeating: "x", count: 1000))\n".utf8)
    }

    private let gap: @Sendable (Int) -> [UInt8] = { Array("lost \($0)\n".utf8) }

    @Test func `lines that nobody takes are counted, and a line says that they are missing`() async throws {
        let pipe = try Pipe()
        let writer = LineWriter(pipe.writer, gap: gap)
        // The pipe holds 64 KiB, the writer a mebibyte twice: what it writes and what waits.
        let count = 4_000
        for number in 0..<count { writer.write(line(number)) }
        let dropped = writer.droppedCount
        #expect(dropped > 1_000 && dropped < count)
        // On a thread of its own: the writer waits for it.
        let (reading, continuation) = AsyncStream<[Substring]>.makeStream()
        DispatchQueue.global().async {
            continuation.yield(pipe.lines())
            continuation.finish()
        }
        writer.flush()
        writer.write(line(count))
        writer.flush()
        close(pipe.writer)
        var lines: [Substring] = []
        for await all in reading { lines = all }
        close(pipe.reader)
        let gaps = lines.filter { $0.hasPrefix("lost ") }
        let told = gaps.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
        #expect(!gaps.isEmpty && told == dropped)
        #expect(lines.count - gaps.count == count + 1 - dropped)
        #expect(lines.last?.hasPrefix("line \(count) ") == true)
    }

    @Test func `lines that cannot be written are counted`() throws {
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        try #require(full >= 0)
        defer { close(full) }
        let writer = LineWriter(full, gap: gap)
        for number in 0..<10 { writer.write(line(number)) }
        writer.flush()
        writer.flush()
        #expect(writer.droppedCount == 10)
    }

    @Test func `who nobody reads from can end all the same`() throws {
        let pipe = try Pipe()
        let writer = LineWriter(pipe.writer, gap: gap)
        for number in 0..<200 { writer.write(line(number)) }
        // With a pipe that is full this would be for ever.
        writer.flush()
        #expect(writer.droppedCount == 0)
        close(pipe.reader)
        close(pipe.writer)
    }
}
