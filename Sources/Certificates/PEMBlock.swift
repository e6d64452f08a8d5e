import COpenSSL
import Cryptography

/// One block of a PEM text (RFC 7468, and the headers of RFC 1421), wiped when its last reference goes.
final class PEMBlock {
    /// What stands between `-----BEGIN ` and `-----`.
    let label: String
    let headers: [CChar]
    private var bytes: UnsafeMutableBufferPointer<UInt8>
    /// How many of the bytes are contents; decryption makes it less.
    private var count: Int

    /// The blocks of a text, in its order; text around them is ignored.
    static func read(_ text: [UInt8]) throws(CertificateError) -> [PEMBlock] {
        guard let count = Int32(exactly: text.count) else { throw CertificateError.malformedPEM }
        let blocks = text.withUnsafeBytes { text -> [PEMBlock]? in
            guard let bio = BIO_new_mem_buf(text.baseAddress, count) else { return text.isEmpty ? [] : nil }
            defer { BIO_free(bio) }
            var blocks: [PEMBlock] = []
            while let block = PEMBlock(next: bio) { blocks.append(block) }
            let reason = ERR_GET_REASON(ERR_peek_last_error())
            ERR_clear_error()
            return reason == PEM_R_NO_START_LINE ? blocks : nil
        }
        guard let blocks else { throw CertificateError.malformedPEM }
        return blocks
    }

    private init?(next bio: OpaquePointer) {
        var label: UnsafeMutablePointer<CChar>?
        var headers: UnsafeMutablePointer<CChar>?
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        // The flag has OpenSSL wipe its buffers, this block's and those it works in.
        let flags = UInt32(PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE)
        guard PEM_read_bio_ex(bio, &label, &headers, &bytes, &count, flags) == 1, let label, let headers, let bytes
        else { return nil }
        self.label = String(cString: label)
        self.headers = Array(UnsafeBufferPointer(start: headers, count: strlen(headers) + 1))
        self.bytes = UnsafeMutableBufferPointer(start: bytes, count: count)
        self.count = count
        CRYPTO_secure_free(label, nil, 0)
        CRYPTO_secure_free(headers, nil, 0)
    }

    deinit { CRYPTO_secure_clear_free(bytes.baseAddress, bytes.count, nil, 0) }

    var isPrivateKey: Bool { label.hasSuffix("PRIVATE KEY") }

    /// Lends the contents for the length of `body`.
    func withContents<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
        withExtendedLifetime(self) { body(UnsafeBufferPointer(rebasing: bytes[..<count])) }
    }

    /// Decrypts the contents in place if the headers say that they are encrypted; whether they were.
    func decrypt(password: [UInt8]?) throws(CertificateError) -> Bool {
        var cipher = EVP_CIPHER_INFO()
        var headers = headers
        guard PEM_get_EVP_CIPHER_INFO(&headers, &cipher) == 1 else {
            ERR_clear_error()
            throw CertificateError.malformedPrivateKey
        }
        guard cipher.cipher != nil else { return false }
        guard let password, !password.isEmpty else { throw CertificateError.passwordRequired }
        var decryptedCount = count
        let isDone = coffer_decrypt_pem(
            &cipher, bytes.baseAddress, &decryptedCount, password, Int32(clamping: password.count))
        ERR_clear_error()
        guard isDone == 1 else { throw CertificateError.incorrectPassword }
        count = decryptedCount
        return true
    }
}
