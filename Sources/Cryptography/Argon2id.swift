import CLinux

/// A key from a password by Argon2id (RFC 9106, version 0x13), on every system: OpenSSL has it from 3.2 on only.
///
/// For passwords that are random already and formats that prescribe it. See ``PassphraseDerivation`` for passphrases that
/// people make up.
package enum Argon2id {
    /// Derives 32 bytes; blocks for some hundredths of a second for each 64 MiB and pass.
    ///
    /// - Parameters:
    ///   - salt: at least 8 bytes.
    ///   - kibibytes: memory that the derivation takes, at least 8 for each lane.
    /// - Returns: `nil` for parameters that the algorithm does not know, and where there is not enough memory.
    package static func derive(
        from password: UnsafeRawBufferPointer, salt: [UInt8], passes: Int, kibibytes: Int, lanes: Int
    ) -> SecretKey? {
        guard let passes = UInt32(exactly: passes), let kibibytes = UInt32(exactly: kibibytes),
            let lanes = UInt32(exactly: lanes)
        else { return nil }
        var status: Int32 = -1
        let key = SecretKey { output in
            salt.withUnsafeBytes { salt in
                status = coffer_argon2id_derive(
                    password.baseAddress, password.count, salt.baseAddress, salt.count, passes, kibibytes, lanes,
                    output.baseAddress, output.count)
            }
        }
        return status == 0 ? key : nil
    }
}
