import Cryptography

/// SSE-C headers with a key that protects nothing: benchmark bodies are random bytes.
enum CustomerKeyHeaders {
    static let all: [(name: String, value: String)] = {
        let key = [UInt8](repeating: 0x5A, count: 32)
        return [
            ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
            ("x-amz-server-side-encryption-customer-key", Base64.encode(key)),
            ("x-amz-server-side-encryption-customer-key-md5", Base64.encode(Digest.hash(.md5, key))),
        ]
    }()
}
