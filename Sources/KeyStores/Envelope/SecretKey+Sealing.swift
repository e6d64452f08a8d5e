import Cryptography

extension SecretKey {
    /// This key under another, with AES-256-GCM: 48 bytes.
    ///
    /// - Precondition: `nonce` has 12 bytes and was never used with `key` before.
    func sealed(under key: SecretKey, nonce: [UInt8], associatedData: [UInt8]) -> [UInt8] {
        let count = Self.byteCount + AEADAlgorithm.tagByteCount
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let output = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count)
            withUnsafeBytes { plain in
                key.withUnsafeBytes { key in
                    nonce.withUnsafeBytes { nonce in
                        associatedData.withUnsafeBytes { associatedData in
                            AEAD.seal(
                                plain, key: key, nonce: nonce, associatedData: associatedData, algorithm: .aes256GCM,
                                into: output)
                        }
                    }
                }
            }
            initialized = count
        }
    }

    /// The key that was sealed so; `nil` when that was not under this key, with this nonce and this data.
    convenience init?(opening sealed: [UInt8], under key: SecretKey, nonce: [UInt8], associatedData: [UInt8]) {
        guard sealed.count == Self.byteCount + AEADAlgorithm.tagByteCount else { return nil }
        var isAuthentic = false
        self.init(filledBy: { output in
            sealed.withUnsafeBytes { sealed in
                key.withUnsafeBytes { key in
                    nonce.withUnsafeBytes { nonce in
                        associatedData.withUnsafeBytes { associatedData in
                            isAuthentic = AEAD.open(
                                sealed, key: key, nonce: nonce, associatedData: associatedData, algorithm: .aes256GCM,
                                into: output)
                        }
                    }
                }
            }
        })
        guard isAuthentic else { return nil }
    }
}
