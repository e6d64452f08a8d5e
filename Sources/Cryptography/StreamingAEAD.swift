import COpenSSL

/// Authenticated encryption of many messages under one key, each streamed in pieces of any size.
///
/// The key schedule is made once; `begin(nonce:associatedData:)` only sets a new nonce. Output is as long as input at
/// every step, so a piece can go straight to its final place. The tag is 16 bytes and comes at the end:
///
/// ```swift
/// let stream = StreamingAEAD(algorithm: .aes256GCM, key: key, direction: .seal)
/// stream.begin(nonce: nonce, associatedData: [])
/// stream.update(piece, into: output)
/// let tag = stream.finishSealing()
/// ```
///
/// When opening, what ``update(_:into:)`` wrote is unauthenticated until `finishOpening(tag:)` has returned: keep it
/// from everyone until then, and wipe it when that throws.
///
/// `@unchecked Sendable`: it owns one OpenSSL context and is handed from task to task with the stream that owns it, but
/// it is never used from two places at once.
package final class StreamingAEAD: @unchecked Sendable {
    package enum Direction: Sendable { case seal, open }

    package let algorithm: AEADAlgorithm
    package let direction: Direction
    private let context: OpaquePointer
    private var isInsideMessage = false

    package init(algorithm: AEADAlgorithm, key: SecretKey, direction: Direction) {
        guard let context = EVP_CIPHER_CTX_new() else { fatalError("out of memory") }
        self.context = context
        self.algorithm = algorithm
        self.direction = direction
        let isSet = key.withUnsafeBytes { key in
            let key = key.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return switch direction {
            case .seal: EVP_EncryptInit_ex2(context, algorithm.fetched, key, nil, nil)
            case .open: EVP_DecryptInit_ex2(context, algorithm.fetched, key, nil, nil)
            }
        }
        precondition(isSet == 1, "OpenSSL refused the key")
    }

    // The context is cleansed by OpenSSL when it is freed.
    deinit { EVP_CIPHER_CTX_free(context) }

    /// Starts a message.
    ///
    /// An unfinished one before it is forgotten.
    ///
    /// - Precondition: `nonce` has 12 bytes. When sealing, it was never used with this key before.
    package func begin(nonce: UnsafeRawBufferPointer, associatedData: UnsafeRawBufferPointer) {
        precondition(nonce.count == AEADAlgorithm.nonceByteCount, "a nonce has 12 bytes")
        let bytes = nonce.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let isSet =
            switch direction {
            case .seal: EVP_EncryptInit_ex2(context, nil, nil, bytes, nil)
            case .open: EVP_DecryptInit_ex2(context, nil, nil, bytes, nil)
            }
        precondition(isSet == 1, "OpenSSL refused the nonce")
        isInsideMessage = true
        if !associatedData.isEmpty { process(associatedData, into: nil) }
    }

    package func begin(nonce: [UInt8], associatedData: [UInt8] = []) {
        nonce.withUnsafeBytes { nonce in
            associatedData.withUnsafeBytes { begin(nonce: nonce, associatedData: $0) }
        }
    }

    /// Encrypts or decrypts a piece; writes exactly `input.count` bytes.
    ///
    /// `output` may be the same memory as `input`.
    ///
    /// - Precondition: `output` has room for them, and a message was begun.
    package func update(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) {
        guard !input.isEmpty else { return }
        guard let destination = output.baseAddress, output.count >= input.count else {
            preconditionFailure("the output is too small")
        }
        process(input, into: destination)
    }

    /// Ends a message that was sealed and writes its tag, 16 bytes.
    package func finishSealing(into tag: UnsafeMutableRawBufferPointer) {
        precondition(direction == .seal && isInsideMessage, "no message is being sealed")
        precondition(tag.count >= AEADAlgorithm.tagByteCount, "a tag has 16 bytes")
        isInsideMessage = false
        var written: Int32 = 0
        // Neither cipher has anything left to write at the end, so the tag's place can stand in for the output.
        let finished = EVP_EncryptFinal_ex(context, tag.baseAddress?.assumingMemoryBound(to: UInt8.self), &written)
        let isRead = EVP_CIPHER_CTX_ctrl(
            context, EVP_CTRL_AEAD_GET_TAG, Int32(AEADAlgorithm.tagByteCount), tag.baseAddress)
        precondition(finished == 1 && isRead == 1 && written == 0, "OpenSSL could not finish sealing")
    }

    /// Ends a message that was sealed; the tag, 16 bytes.
    package func finishSealing() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: AEADAlgorithm.tagByteCount) { buffer, initialized in
            finishSealing(into: UnsafeMutableRawBufferPointer(buffer))
            initialized = AEADAlgorithm.tagByteCount
        }
    }

    /// Ends a message that was opened: returns if and only if everything in it is authentic.
    ///
    /// A tag that does not have 16 bytes is not authentic.
    package func finishOpening(tag: UnsafeRawBufferPointer) throws(AuthenticationFailure) {
        precondition(direction == .open && isInsideMessage, "no message is being opened")
        isInsideMessage = false
        guard tag.count == AEADAlgorithm.tagByteCount else { throw AuthenticationFailure() }
        // OpenSSL takes the tag by a pointer that is not const, but only reads it.
        let isSet = EVP_CIPHER_CTX_ctrl(
            context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), UnsafeMutableRawPointer(mutating: tag.baseAddress))
        precondition(isSet == 1, "OpenSSL refused the tag")
        var unused: (UInt64, UInt64) = (0, 0)
        var written: Int32 = 0
        let isAuthentic = withUnsafeMutableBytes(of: &unused) {
            EVP_DecryptFinal_ex(context, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), &written)
        }
        guard isAuthentic == 1 else { throw AuthenticationFailure() }
    }

    package func finishOpening(tag: [UInt8]) throws(AuthenticationFailure) {
        let outcome: Result<Void, AuthenticationFailure> = tag.withUnsafeBytes { tag in
            do throws(AuthenticationFailure) {
                try finishOpening(tag: tag)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }

    /// OpenSSL counts in `Int32`, so what is longer goes in pieces.
    ///
    /// No output means associated data.
    private func process(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawPointer?) {
        precondition(isInsideMessage, "no message was begun")
        let limit = 1 << 30
        var offset = 0
        while offset < input.count {
            let count = min(limit, input.count - offset)
            let source = input.baseAddress?.advanced(by: offset).assumingMemoryBound(to: UInt8.self)
            let destination = output?.advanced(by: offset).assumingMemoryBound(to: UInt8.self)
            var written: Int32 = 0
            let isDone =
                switch direction {
                case .seal: EVP_EncryptUpdate(context, destination, &written, source, Int32(count))
                case .open: EVP_DecryptUpdate(context, destination, &written, source, Int32(count))
                }
            precondition(isDone == 1 && Int(written) == count, "OpenSSL could not process the bytes")
            offset += count
        }
    }
}
