import Cryptography
import TestSupport
import Testing

@Suite struct XXHashTests {
    /// Hashes that the reference implementation gives of the first bytes of one message: lengths around every border
    /// between its ways.
    private static let vectors: [(Int, String, String, String)] = [
        (0, "ef46db3751d8e999", "2d06800538d394c2", "99aa06d3014798d86001c324468d497f"),
        (1, "1f25c8d0bc1f4bb6", "13e608bc156defed", "22bbb76b211a39ba13e608bc156defed"),
        (3, "a020f3294a68c3b2", "b7391e018153d37a", "86e7dba8d8de1e21b7391e018153d37a"),
        (4, "9a05810a0d610553", "fdf480d413c14ab0", "ebc05709b280db0f14e3cfbdb70d26bd"),
        (8, "e400a21c7735e336", "ec39ab64bbdd3e16", "9941ab142ed05f6209ae116fe118de4c"),
        (9, "080de70be655e8a0", "b72b2752390382d5", "0af95ebbd7610f70f7edb27bcabaa284"),
        (16, "e02748dd20bb48ba", "2866d96771d12b4e", "3050c908b1fb1d1f414d35b3f8ff9c24"),
        (17, "b6efae2deac62279", "385c21b59bf6407d", "ced175682e90f41d7adf9ede0c868ea5"),
        (32, "6b7ead39b05fcc7c", "517f9edce3f15ef7", "13915b91c4b47f943fcb314367642c2c"),
        (33, "b6d285b00d90e573", "2c72ff70c3862d20", "48db749307894ecd38168f07f8d1665f"),
        (128, "37774b7da7cb387d", "a4b9dca2ee00ce72", "0e75e861783e8fcc8e11709461c6cf79"),
        (129, "990c5320a1136e55", "fb9e35f274249234", "e9888cf9f76af2f0c387615d309cc07f"),
        (240, "194764aa58ca56ec", "4ed2e5c562eae4c1", "e1dc894b4f208c733f5f5cd62d6b49f3"),
        (241, "802baad951b137f0", "6819923e2201397d", "b0b44328f3adb6e36819923e2201397d"),
        (256, "722b8c6012f6117e", "a86aedfd039ef473", "b3a8ddf7dd678e8ca86aedfd039ef473"),
        (257, "dec79f54d6c36b86", "d453da4ce0ca201d", "f751e20961c6ebd3d453da4ce0ca201d"),
        (1024, "9e24528bbe3389b1", "efbb20e87adc204c", "1ecd3d3446d3f866efbb20e87adc204c"),
        (1025, "d4993e51092183f7", "99244ee55b2fae5d", "286fb39c51a2825099244ee55b2fae5d"),
        (3000, "90a79e6bda87880d", "1e497679aa09f21b", "58aea40d527eb6551e497679aa09f21b"),
    ]

    private static let message = (0..<3000).map { UInt8(truncatingIfNeeded: $0 * $0 * 31 + $0 * 7 + 3) }

    @Test(arguments: vectors)
    func `hashes of the reference`(count: Int, xxh64: String, xxh3: String, xxh128: String) {
        let message = Array(Self.message[..<count])
        #expect(hex(XXHash.of(message, .xxh64)) == xxh64)
        #expect(hex(XXHash.of(message, .xxh3)) == xxh3)
        #expect(hex(XXHash.of(message, .xxh128)) == xxh128)
    }

    @Test(arguments: XXHashAlgorithm.allCases, [1, 31, 32, 63, 64, 65, 255, 256, 257, 1024, 1500])
    func `a message in steps hashes as it does at once`(algorithm: XXHashAlgorithm, step: Int) {
        for count in [0, 1, 240, 241, 256, 257, 320, 1024, 1088, 2048, 3000] {
            let hash = XXHash(algorithm)
            for start in stride(from: 0, to: count, by: step) {
                Self.message[start..<min(start + step, count)].withUnsafeBytes { hash.update($0) }
            }
            #expect(hash.bigEndianBytes == XXHash.of(Array(Self.message[..<count]), algorithm))
        }
    }
}
