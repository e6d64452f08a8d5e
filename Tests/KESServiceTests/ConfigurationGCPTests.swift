import KESService
import KeyStores
import Testing

/// The section `gcp`, and what of the environment belongs to it.
@Suite struct ConfigurationGCPTests {
    private static let lines = "  gcp: {secretmanager: {project_id: p}}\n"

    private func gcp(_ lines: String, environment: [String: String] = [:]) throws -> GCPConfiguration {
        let configuration = try ConfigurationFixture.parse(
            ConfigurationFixture.adminLines + ConfigurationFixture.tlsLines + "keystore:\n" + lines,
            environment: environment)
        guard case .gcp(let gcp) = configuration.keyStore else { throw Unexpected() }
        #expect(configuration.warnings == [])
        return gcp
    }

    @Test func `without credentials those of the environment are looked for`() throws {
        let plain = try gcp(Self.lines)
        #expect(plain.credentials == nil && plain.ambient.file == nil && plain.endpoint == nil)
        #expect(plain.ambient.metadataHost == "metadata.google.internal")
        let named = try gcp(
            Self.lines,
            environment: ["GOOGLE_APPLICATION_CREDENTIALS": "/etc/account.json", "GCE_METADATA_HOST": "127.0.0.1:80"])
        #expect(named.ambient.file == "/etc/account.json" && named.ambient.metadataHost == "127.0.0.1:80")
        let empty = try gcp(Self.lines, environment: ["GOOGLE_APPLICATION_CREDENTIALS": "", "GCE_METADATA_HOST": ""])
        #expect(empty.ambient.file == nil && empty.ambient.metadataHost == "metadata.google.internal")
    }

    @Test func `tokens may come from elsewhere`() throws {
        let fields = "client_email: e, client_id: i, private_key_id: k, private_key: x"
        let usual = try gcp("  gcp: {secretmanager: {project_id: p, credentials: {\(fields)}}}\n")
        #expect(usual.credentials?.tokenURL == "https://oauth2.googleapis.com/token")
        let other = try gcp(
            "  gcp: {secretmanager: {project_id: p, credentials: {\(fields), token_uri: 'https://t.example'}}}\n")
        #expect(other.credentials?.tokenURL == "https://t.example")
    }

    private struct Unexpected: Error {}
}
