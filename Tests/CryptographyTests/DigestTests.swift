import Cryptography
import TestSupport
import Testing

@Suite struct DigestTests {
    /// MD5 from RFC 1321 §A.5, SHA-1 and SHA-256 from FIPS 180 and over the same messages.
    @Test(arguments: [
        (
            "", "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        ),
        (
            "abc", "900150983cd24fb0d6963f7d28e17f72", "a9993e364706816aba3e25717850c26c9cd0d89d",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        ),
        (
            "message digest", "f96b697d7cb7938d525a2f31aaf161d0", "c12252ceda8be8994d5fa0290a47231c1d16aae3",
            "f7846f55cf23e14eebeab5b4e1550cad5b509e3348fbc4efa3a1413d393cb650"
        ),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "8215ef0796a20bcaaae116d3876c664a",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func `published messages have the published digests`(
        _ text: String, _ md5: String, _ sha1: String, _ sha256: String
    ) {
        let bytes = Array(text.utf8)
        for (algorithm, expected) in [(DigestAlgorithm.md5, md5), (.sha1, sha1), (.sha256, sha256)] {
            #expect(hex(Digest.hash(algorithm, bytes)) == expected)
            #expect(hex(bytes.withUnsafeBytes { Digest.hash(algorithm, $0) }) == expected)
            let digest = Digest(algorithm)
            digest.update(bytes)
            #expect(hex(digest.finalize()) == expected)
            #expect(expected.count == 2 * algorithm.byteCount)
        }
    }

    @Test(arguments: DigestAlgorithm.allCases, [1, 3, 63, 64, 65, 1000])
    func `the steps of a stream do not matter`(_ algorithm: DigestAlgorithm, _ step: Int) {
        let bytes = SecureRandom.bytes(3000)
        let digest = Digest(algorithm)
        digest.update([])
        for start in stride(from: 0, to: bytes.count, by: step) {
            digest.update(Array(bytes[start..<min(start + step, bytes.count)]))
        }
        #expect(digest.finalize() == Digest.hash(algorithm, bytes))
    }

    @Test func `adding to a final digest is a programming error`() async {
        await #expect(processExitsWith: .failure) {
            let digest = Digest(.sha256)
            _ = digest.finalize()
            digest.update([1])
        }
    }
}
