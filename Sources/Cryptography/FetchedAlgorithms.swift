import COpenSSL

/// OpenSSL's algorithm objects, fetched once from whatever providers its configuration loads.
///
/// Naming an algorithm at each use makes OpenSSL search its providers every time, 0.3 µs a context. The objects are
/// reference-counted and immutable, so all threads may share them (`nonisolated(unsafe)`: a pointer never written again).
///
/// A program calls ``require(digests:ciphers:)`` when it starts, for what it will use: an installation of OpenSSL with
/// the FIPS provider alone has neither MD5 nor ChaCha20-Poly1305.
package enum FetchedAlgorithms {
    nonisolated(unsafe) static let aes256GCM = cipher("AES-256-GCM")
    nonisolated(unsafe) static let chaCha20Poly1305 = cipher("ChaCha20-Poly1305")
    /// From any provider that is loaded: a configuration for FIPS asks for `fips=yes`, which no MD5 has.
    ///
    /// S3 names contents with it, and nothing is secured by it.
    nonisolated(unsafe) static let md5 = digest("MD5") ?? digest("MD5", properties: "-fips")
    nonisolated(unsafe) static let sha1 = digest("SHA1")
    nonisolated(unsafe) static let sha256 = digest("SHA256")
    nonisolated(unsafe) static let sha512 = digest("SHA512")

    /// Throws for the first of these algorithms that no provider offers.
    ///
    /// What passes here is there for as long as the process runs.
    package static func require(
        digests: [DigestAlgorithm], ciphers: [AEADAlgorithm]
    ) throws(AlgorithmUnavailable) {
        for digest in digests where digest.object == nil { throw AlgorithmUnavailable(name: digest.name) }
        for cipher in ciphers where cipher.object == nil { throw AlgorithmUnavailable(name: cipher.name) }
    }

    /// - Parameter properties: as `EVP_CIPHER_fetch` has them; nil for those of OpenSSL's configuration.
    static func cipher(_ name: String, properties: String? = nil) -> OpaquePointer? {
        EVP_CIPHER_fetch(nil, name, properties)
    }

    /// - Parameter properties: as `EVP_MD_fetch` has them; nil for those of OpenSSL's configuration.
    static func digest(_ name: String, properties: String? = nil) -> OpaquePointer? {
        EVP_MD_fetch(nil, name, properties)
    }
}

/// An algorithm that none of OpenSSL's providers on this machine offers.
package struct AlgorithmUnavailable: Error, Hashable, CustomStringConvertible {
    /// As OpenSSL calls it: `MD5`.
    package let name: String

    package var description: String {
        "OpenSSL on this machine does not offer \(name): its configuration must load a provider that does"
    }
}

extension AEADAlgorithm {
    var name: String {
        switch self {
        case .aes256GCM: "AES-256-GCM"
        case .chaCha20Poly1305: "ChaCha20-Poly1305"
        }
    }

    /// Nil when no provider has it.
    var object: OpaquePointer? {
        switch self {
        case .aes256GCM: FetchedAlgorithms.aes256GCM
        case .chaCha20Poly1305: FetchedAlgorithms.chaCha20Poly1305
        }
    }

    /// - Precondition: ``FetchedAlgorithms/require(digests:ciphers:)`` has passed for it.
    var fetched: OpaquePointer {
        guard let object else { preconditionFailure("\(AlgorithmUnavailable(name: name))") }
        return object
    }
}

extension DigestAlgorithm {
    var name: String {
        switch self {
        case .md5: "MD5"
        case .sha1: "SHA1"
        case .sha256: "SHA256"
        case .sha512: "SHA512"
        }
    }

    /// Nil when no provider has it.
    var object: OpaquePointer? {
        switch self {
        case .md5: FetchedAlgorithms.md5
        case .sha1: FetchedAlgorithms.sha1
        case .sha256: FetchedAlgorithms.sha256
        case .sha512: FetchedAlgorithms.sha512
        }
    }

    /// - Precondition: ``FetchedAlgorithms/require(digests:ciphers:)`` has passed for it.
    var fetched: OpaquePointer {
        guard let object else { preconditionFailure("\(AlgorithmUnavailable(name: name))") }
        return object
    }
}
