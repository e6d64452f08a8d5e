import Console
import Testing

struct ArchiveTests {
    private func word(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> UInt64 {
        bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    @Test("a member of four gigabytes and more has its sizes in 64 bits, a shorter one in 32")
    func isLong() {
        var writer = ArchiveWriter()
        let short = writer.begin("short", size: 5, modified: 1_764_511_380_000)
        #expect(word(short, 4, 2) == 20 && word(short, 28, 2) == 0)
        Array("hello".utf8).withUnsafeBytes { writer.add($0) }
        let shortEnd = writer.end()
        #expect(shortEnd.count == 16 && word(shortEnd, 4, 4) == 0x3610_A686 && word(shortEnd, 8, 4) == 5)
        let long = writer.begin("long", size: 4 << 30, modified: 0)
        #expect(word(long, 4, 2) == 45 && word(long, 28, 2) == 20 && word(long, 18, 4) == 0xFFFF_FFFF)
        let block = [UInt8](repeating: 0, count: 64 << 20)
        for _ in 0..<64 { block.withUnsafeBytes { writer.add($0) } }
        let longEnd = writer.end()
        #expect(longEnd.count == 24 && word(longEnd, 8, 8) == 4 << 30)
        let behind = writer.begin("behind", size: 0, modified: 0)
        _ = writer.end()
        let offset = UInt64(short.count + 5 + shortEnd.count + long.count + longEnd.count) + (4 << 30)
        let directory = writer.directory().flatMap(\.self)
        // The last entry's place needs 64 bits, too.
        let entry = directory.count - 22 - 20 - 56 - (46 + 6 + 12)
        #expect(word(directory, entry, 4) == 0x0201_4B50 && word(directory, entry + 42, 4) == 0xFFFF_FFFF)
        #expect(word(directory, entry + 46 + 6 + 4, 8) == offset)
        #expect(word(directory, directory.count - 22 - 20 - 56, 4) == 0x0606_4B50)
        #expect(word(directory, directory.count - 6, 4) == 0xFFFF_FFFF)
        #expect(word(directory, directory.count - 22 - 20 - 8, 8) == offset + UInt64(behind.count) + 16)
    }
}
