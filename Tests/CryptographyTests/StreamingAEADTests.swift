import Cryptography
import TestSupport
import Testing

@Suite struct StreamingAEADTests {
    static let sizes = [0, 1, 15, 16, 17, 4095, 65536, 65537]
    static let steps = [1, 7, 16, 64, 1000, 65536]

    private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }

    private func update(_ stream: StreamingAEAD, _ input: [UInt8], step: Int) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: input.count)
        output.withUnsafeMutableBytes { output in
            input.withUnsafeBytes { input in
                for start in stride(from: 0, to: input.count, by: step) {
                    let range = start..<min(start + step, input.count)
                    stream.update(
                        UnsafeRawBufferPointer(rebasing: input[range]),
                        into: UnsafeMutableRawBufferPointer(rebasing: output[range]))
                }
            }
        }
        return output
    }

    @Test(arguments: AEADAlgorithm.allCases, steps)
    func `one context streams many messages, each as the one-shot seals it`(
        _ algorithm: AEADAlgorithm, _ step: Int
    ) throws {
        let key = SecretKey()
        let sealing = StreamingAEAD(algorithm: algorithm, key: key, direction: .seal)
        let opening = StreamingAEAD(algorithm: algorithm, key: key, direction: .open)
        for (number, size) in Self.sizes.enumerated() {
            let plaintext = bytes(step == 1 ? min(size, 4095) : size)
            let nonce = [UInt8](repeating: UInt8(number), count: 12)
            let associatedData = bytes(number * 5)
            sealing.begin(nonce: nonce, associatedData: associatedData)
            let ciphertext = update(sealing, plaintext, step: step)
            let tag = sealing.finishSealing()
            #expect(
                ciphertext + tag
                    == AEAD.seal(
                        plaintext, key: key, nonce: nonce, associatedData: associatedData, algorithm: algorithm))
            opening.begin(nonce: nonce, associatedData: associatedData)
            #expect(update(opening, ciphertext, step: step) == plaintext)
            try opening.finishOpening(tag: tag)
        }
    }

    @Test(arguments: AEADAlgorithm.allCases)
    func `a message can be sealed where it lies`(_ algorithm: AEADAlgorithm) {
        let key = SecretKey()
        let nonce = SecureRandom.bytes(12)
        let plaintext = bytes(10_000)
        var message = plaintext
        let stream = StreamingAEAD(algorithm: algorithm, key: key, direction: .seal)
        stream.begin(nonce: nonce)
        message.withUnsafeMutableBytes { stream.update(UnsafeRawBufferPointer($0), into: $0) }
        #expect(
            message + stream.finishSealing()
                == AEAD.seal(plaintext, key: key, nonce: nonce, associatedData: [], algorithm: algorithm))
    }

    @Test(arguments: AEADAlgorithm.allCases)
    func `a failure does not spoil the message after it`(_ algorithm: AEADAlgorithm) throws {
        let key = SecretKey()
        let nonce = SecureRandom.bytes(12)
        let sealed = AEAD.seal(bytes(100), key: key, nonce: nonce, associatedData: [1], algorithm: algorithm)
        let ciphertext = Array(sealed.dropLast(16))
        let tag = Array(sealed.suffix(16))
        let stream = StreamingAEAD(algorithm: algorithm, key: key, direction: .open)
        for wrongTag in [Array(tag.reversed()), Array(tag.dropLast()), []] {
            stream.begin(nonce: nonce, associatedData: [1])
            _ = update(stream, ciphertext, step: 100)
            #expect(throws: AuthenticationFailure.self) { try stream.finishOpening(tag: wrongTag) }
        }
        // A message that was begun and left is forgotten.
        stream.begin(nonce: SecureRandom.bytes(12), associatedData: [9])
        _ = update(stream, ciphertext, step: 7)
        stream.begin(nonce: nonce, associatedData: [1])
        #expect(update(stream, ciphertext, step: 33) == bytes(100))
        try stream.finishOpening(tag: tag)
    }

    @Test func `bytes before a nonce are a programming error`() async {
        await #expect(processExitsWith: .failure) {
            let stream = StreamingAEAD(algorithm: .aes256GCM, key: SecretKey(), direction: .seal)
            var byte: [UInt8] = [0]
            byte.withUnsafeMutableBytes { stream.update(UnsafeRawBufferPointer($0), into: $0) }
        }
    }

    @Test func `a second message without a fresh nonce is a programming error`() async {
        await #expect(processExitsWith: .failure) {
            let stream = StreamingAEAD(algorithm: .aes256GCM, key: SecretKey(), direction: .seal)
            stream.begin(nonce: SecureRandom.bytes(12))
            _ = stream.finishSealing()
            _ = stream.finishSealing()
        }
    }
}
