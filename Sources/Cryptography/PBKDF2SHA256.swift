import COpenSSL

/// PBKDF2 with HMAC-SHA256 (RFC 8018), for formats that prescribe it.
package enum PBKDF2SHA256 {
    /// Derives 32 bytes; blocks for some milliseconds for each ten thousand iterations.
    ///
    /// - Returns: `nil` when there are no iterations, or what goes in is longer than any format has it (1 MiB).
    package static func derive(
        from password: UnsafeRawBufferPointer, salt: [UInt8], iterations: Int32
    ) -> SecretKey? {
        guard iterations > 0, password.count <= 1 << 20, salt.count <= 1 << 20 else { return nil }
        var isDone: Int32 = 0
        let key = SecretKey { output in
            salt.withUnsafeBytes { salt in
                isDone = coffer_pbkdf2_sha256(
                    password.baseAddress, password.count, salt.baseAddress, salt.count, iterations,
                    output.baseAddress?.assumingMemoryBound(to: UInt8.self), output.count)
            }
        }
        return isDone == 1 ? key : nil
    }
}
