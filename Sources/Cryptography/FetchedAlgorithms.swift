import COpenSSL

/// OpenSSL's algorithm objects, fetched once.
///
/// Naming an algorithm at each use makes OpenSSL search its providers every time, 0.3 µs a context. The objects are
/// reference-counted and immutable, so all threads may share them (`nonisolated(unsafe)`: a pointer never written again).
enum FetchedAlgorithms {
    nonisolated(unsafe) static let aes256GCM = cipher("AES-256-GCM")
    nonisolated(unsafe) static let chaCha20Poly1305 = cipher("ChaCha20-Poly1305")
    nonisolated(unsafe) static let md5 = digest("MD5")
    nonisolated(unsafe) static let sha1 = digest("SHA1")
    nonisolated(unsafe) static let sha256 = digest("SHA256")

    private static func cipher(_ name: String) -> OpaquePointer {
        guard let cipher = EVP_CIPHER_fetch(nil, name, nil) else {
            fatalError("OpenSSL on this machine does not offer \(name)")
        }
        return cipher
    }

    private static func digest(_ name: String) -> OpaquePointer {
        guard let digest = EVP_MD_fetch(nil, name, nil) else {
            fatalError("OpenSSL on this machine does not offer \(name)")
        }
        return digest
    }
}

extension AEADAlgorithm {
    var fetched: OpaquePointer {
        switch self {
        case .aes256GCM: FetchedAlgorithms.aes256GCM
        case .chaCha20Poly1305: FetchedAlgorithms.chaCha20Poly1305
        }
    }
}

extension DigestAlgorithm {
    var fetched: OpaquePointer {
        switch self {
        case .md5: FetchedAlgorithms.md5
        case .sha1: FetchedAlgorithms.sha1
        case .sha256: FetchedAlgorithms.sha256
        }
    }
}
