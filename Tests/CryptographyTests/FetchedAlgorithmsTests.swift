import Cryptography
import Glibc
import Testing

@Suite struct FetchedAlgorithmsTests {
    @Test func `this machine offers what the servers use`() throws {
        try FetchedAlgorithms.require(digests: DigestAlgorithm.allCases, ciphers: AEADAlgorithm.allCases)
    }

    /// OpenSSL reads its configuration once, so a process of its own is needed to have another.
    @Test func `a machine without the digest is told so at start`() async {
        await #expect(processExitsWith: .success) {
            try OpenSSLConfiguration.use(
                """
                openssl_conf = start
                [start]
                providers = providers
                [providers]
                base = on
                [on]
                activate = 1
                """)
            let digest = #expect(throws: AlgorithmUnavailable.self) {
                try FetchedAlgorithms.require(digests: [.md5], ciphers: [])
            }
            #expect(digest?.name == "MD5")
            let cipher = #expect(throws: AlgorithmUnavailable.self) {
                try FetchedAlgorithms.require(digests: [], ciphers: [.aes256GCM])
            }
            #expect(cipher?.name == "AES-256-GCM")
        }
    }

    @Test func `MD5 comes from another provider where the configuration asks for FIPS`() async {
        await #expect(processExitsWith: .success) {
            try OpenSSLConfiguration.use(
                """
                openssl_conf = start
                [start]
                providers = providers
                alg_section = algorithms
                [providers]
                default = on
                [on]
                activate = 1
                [algorithms]
                default_properties = fips=yes
                """)
            try FetchedAlgorithms.require(digests: [.md5], ciphers: [])
            #expect(Digest.hash(.md5, [UInt8]()).prefix(4) == [0xd4, 0x1d, 0x8c, 0xd9])
            let missing = #expect(throws: AlgorithmUnavailable.self) {
                try FetchedAlgorithms.require(digests: [.sha256], ciphers: [])
            }
            #expect(missing?.name == "SHA256")
        }
    }

    @Test func `a thread's context serves digests and codes by turns`() {
        let message = Array("message digest".utf8)
        let longKey = [UInt8](repeating: 7, count: 200)
        let hash = Digest.hash(.sha256, message)
        let code = HMACSHA256.code(message, key: longKey)
        #expect(HMACSHA256.code(message, key: Digest.hash(.sha256, longKey)) == code)
        #expect(Digest.hash(.sha256, message) == hash)
        #expect(HMACSHA256.code(message, key: longKey) == code)
    }
}

private enum OpenSSLConfiguration {
    /// To be called before anything uses OpenSSL, which reads its configuration then.
    static func use(_ text: String) throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let bytes = Array((text + "\n").utf8)
        #expect(write(ends[1], bytes, bytes.count) == bytes.count)
        close(ends[1])
        setenv("OPENSSL_CONF", "/dev/fd/\(ends[0])", 1)
    }
}
