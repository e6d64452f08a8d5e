import Cryptography
import Glibc
import Testing

@Suite struct SecureRandomTests {
    @Test func `no two requests get the same bytes, of whatever length and on whatever thread`() async {
        let pieces = await withTaskGroup(of: [[UInt8]].self) { group in
            for task in 0..<8 {
                group.addTask { (0..<2000).map { SecureRandom.bytes([16, 28, 17, 128, 129][($0 + task) % 5]) } }
            }
            return await group.reduce(into: [[UInt8]]()) { $0 += $1 }
        }
        #expect(Set(pieces.map { $0.prefix(16) }).count == 16_000)
        #expect(Set(pieces.map { $0.suffix(16) }).count == 16_000)
        #expect(Set((0..<5000).map { _ in SecureRandom.privateBytes(32) }).count == 5000)
    }

    @Test func `every bit is set about half of the time`() {
        var counts = [Int](repeating: 0, count: 8 * 28)
        let rounds = 4000
        for _ in 0..<rounds {
            for (position, byte) in SecureRandom.bytes(28).enumerated() {
                for bit in 0..<8 where byte >> bit & 1 == 1 { counts[position * 8 + bit] += 1 }
            }
        }
        // Ten standard deviations.
        for count in counts { #expect(abs(count - rounds / 2) < 320) }
    }

    @Test func `a forked process gets bytes of its own`() throws {
        // Swift hides `fork`; the child here only draws, writes and ends.
        typealias Fork = @convention(c) () -> pid_t
        let symbol = try #require(dlsym(nil, "fork"))
        let fork = unsafeBitCast(symbol, to: Fork.self)
        _ = SecureRandom.bytes(16)
        _ = SecureRandom.privateBytes(16)
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let child = fork()
        if child == 0 {
            let drawn = SecureRandom.bytes(64) + SecureRandom.privateBytes(64)
            _ = write(ends[1], drawn, drawn.count)
            _exit(0)
        }
        let ours = SecureRandom.bytes(64) + SecureRandom.privateBytes(64)
        var theirs = [UInt8](repeating: 0, count: 128)
        #expect(read(ends[0], &theirs, 128) == 128)
        waitpid(child, nil, 0)
        close(ends[0])
        close(ends[1])
        #expect(theirs[..<64] != ours[..<64] && theirs[64...] != ours[64...])
        #expect(theirs.contains { $0 != 0 })
    }
}
