import Glibc
import Testing

@testable import Cryptography

@Suite struct FetchedAlgorithmsTests {
    @Test func `this machine offers what the servers use`() throws {
        try FetchedAlgorithms.require(digests: DigestAlgorithm.allCases, ciphers: AEADAlgorithm.allCases)
    }

    @Test func `an algorithm that no provider has is nil`() {
        #expect(FetchedAlgorithms.digest("MD5", properties: "fips=yes,provider=fips") == nil)
        #expect(FetchedAlgorithms.digest("no such digest") == nil)
        #expect(FetchedAlgorithms.cipher("no such cipher") == nil)
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
            #expect(throws: AlgorithmUnavailable(name: "MD5")) {
                try FetchedAlgorithms.require(digests: [.md5], ciphers: [])
            }
            #expect(throws: AlgorithmUnavailable(name: "AES-256-GCM")) {
                try FetchedAlgorithms.require(digests: [], ciphers: [.aes256GCM])
            }
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
            #expect(throws: AlgorithmUnavailable(name: "SHA256")) {
                try FetchedAlgorithms.require(digests: [.sha256], ciphers: [])
            }
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
    static func use(_ text: String) throws {
        let path = "/tmp/coffer-openssl-\(getpid()).cnf"
        let file = open(path, O_CREAT | O_WRONLY | O_EXCL, 0o600)
        let bytes = Array((text + "\n").utf8)
        #expect(write(file, bytes, bytes.count) == bytes.count)
        close(file)
        setenv("OPENSSL_CONF", path, 1)
        // Read now, so that the file need not stay.
        _ = FetchedAlgorithms.digest("no such digest")
        unlink(path)
    }
}
