import KESProtocol
import KESService
import KeyStores
import Testing

/// The annotated file that ships: it is read without a warning, and its values are the defaults.
@Suite struct ConfigurationExampleTests {
    private static let path =
        #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/deploy/kes-config.yml"

    @Test func `the example is a configuration without a warning`() throws {
        let environment = [
            "KES_ADMIN_IDENTITY": ConfigurationFixture.admin, "KES_CLIENT_IDENTITY": ConfigurationFixture.other,
        ]
        let example = try KESConfiguration.read(Self.path, environment: environment)
        #expect(example.warnings == [])
        #expect(example.admin == ConfigurationFixture.admin)
        #expect(example.policies.map(\.identities) == [[Identity(ConfigurationFixture.other)].compactMap(\.self)])
        #expect(example.cache == .init())
        #expect(example.log == .init())
        #expect(!example.allowsAnonymousCalls)
        #expect(example.address == KESConfiguration.defaultAddress)
        #expect(example.tls.password == nil && example.tls.authorities == nil && !example.tls.isVerifying)
        for (route, settings) in example.api where route != .version {
            #expect(settings.timeout == RouteTable.all.first { $0.name == route }?.timeout, "\(route)")
        }
        guard case .fs = example.keyStore else {
            Issue.record("\(example.keyStore)")
            return
        }
    }

    @Test func `the example needs its variables`() {
        #expect(throws: ConfigurationError.self) { try KESConfiguration.read(Self.path, environment: [:]) }
    }
}
