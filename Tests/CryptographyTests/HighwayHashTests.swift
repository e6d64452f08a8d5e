import Cryptography
import Testing

@Suite struct HighwayHashTests {
    private static let key =
        Hex.decode("4be734fa8e238acd263e83e6bb968552040f935da39f441497e09d1322de36a0") ?? []

    private func hash(_ bytes: [UInt8]) -> String {
        Hex.encode(bytes.withUnsafeBytes { HighwayHash.hash($0, key: Self.key) })
    }

    @Test(
        "known hashes",
        arguments: [
            ([], "5e76d207cf4ab20866fdc03c83e8a0f4e8f458e880777956ec0bae4e9f23f6c5"),
            ([0x61], "4d6dc44bec31fb10c8f7abac6ee37e0c0a289ee5415af0b814b196ed3c16f194"),
            (Array(0...16), "5722f64af56f705b8f6abf89c1ef5d7480e57dbfabbfddd6f02573aaae0c97d5"),
            (Array(0...31), "3c224e72ba74571f41044698f79123ba6481c70051b379b4413d42214f78c513"),
            (Array(0...99), "872997f69887867db6699c4c09e67eadf2f2e0ec49bf4ed8d8ab449f9d1352ff"),
        ] as [([UInt8], String)])
    func known(bytes: [UInt8], expected: String) {
        #expect(hash(bytes) == expected)
    }

    @Test("every bit counts, at every length up to three packets")
    func everyBit() {
        for count in 1...96 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
            var changed = bytes
            changed[count - 1] ^= 0x80
            #expect(hash(bytes) != hash(changed), "\(count) bytes")
        }
    }
}
