import KESService
import KeyStores
import Testing

/// AWS's sections of `keystore`: Secrets Manager in its spellings, and AWS KMS.
@Suite struct ConfigurationAWSTests {
    typealias Fixture = ConfigurationFixture

    private func secretsManager(
        _ lines: String, environment: [String: String] = [:]
    ) throws -> (AWSConfiguration, warnings: [String]) {
        let configuration = try Fixture.withStore(lines, environment: environment)
        guard case .aws(let aws) = configuration.keyStore else { throw Unexpected() }
        return (aws, configuration.warnings)
    }

    private func kms(_ lines: String, environment: [String: String] = [:]) throws -> AWSKMSConfiguration {
        guard case .awsKMS(let kms) = try Fixture.withStore(lines, environment: environment).keyStore else {
            throw Unexpected()
        }
        return kms
    }

    @Test func `a status may be that of a signed call`() throws {
        #expect(try !secretsManager("  aws: {secretsmanager: {endpoint: e, region: r}}\n").0.probesStatus)
        let (aws, warnings) = try secretsManager(
            "  aws: {secretsmanager: {endpoint: e, region: r, status: {probe: on}}}\n")
        #expect(aws.probesStatus && warnings == [])
    }

    @Test func `secretsmanager may stand where older guides have it`() throws {
        let (aws, warnings) = try secretsManager("  secretsmanager: {endpoint: e, region: r}\n")
        #expect(aws.endpoint == "e" && aws.region == "r")
        #expect(
            warnings == [
                "line 7: 'keystore.secretsmanager' is an older name; write 'keystore.aws.secretsmanager'"
            ])
    }

    @Test func `the environment tells a region that the file does not`() throws {
        let lines = "  aws: {secretsmanager: {endpoint: e}}\n"
        #expect(try secretsManager(lines, environment: ["AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"]).0.region == "a")
        #expect(try secretsManager(lines, environment: ["AWS_DEFAULT_REGION": "b"]).0.region == "b")
        let given = "  aws: {secretsmanager: {endpoint: e, region: r}}\n"
        #expect(try secretsManager(given, environment: ["AWS_REGION": "a"]).0.region == "r")
        #expect(
            Fixture.refusal { try Fixture.withStore(lines, environment: ["AWS_REGION": ""]) }
                == "kesconf: invalid aws keystore: no region specified")
    }

    @Test func `kms has its fields`() throws {
        let arn = "arn:aws:kms:eu-west-1:123456789012:key/1234"
        let credentials = "{accesskey: a, secretkey: s}"
        let all = try kms(
            "  kms: {path: p, aws: {key: alias/k, region: r, endpoint: e, credentials: \(credentials)}}\n")
        #expect(all.path == "p" && all.key == "alias/k" && all.region == "r" && all.endpoint == "e")
        #expect(all.credentials?.accessKey == "a" && all.credentials?.secretKey?.bytes == Array("s".utf8))
        let short = try kms("  kms: {path: p, aws: {key: '\(arn)'}}\n", environment: ["AWS_REGION": "other"])
        #expect(short.region == "eu-west-1" && short.endpoint == nil && short.credentials == nil)
        #expect(try kms("  kms: {path: p, aws: {key: k}}\n", environment: ["AWS_REGION": "a"]).region == "a")
    }

    @Test(arguments: [
        ("  kms: {path: p}\n", "kesconf: invalid kms keystore: no key management service specified"),
        ("  kms: {aws: {key: k, region: r}}\n", "kesconf: invalid kms keystore: no path specified"),
        ("  kms: {path: p, aws: {region: r}}\n", "kesconf: invalid kms keystore: no key specified"),
        ("  kms: {path: p, aws: {key: k}}\n", "kesconf: invalid kms keystore: no region specified"),
    ])
    func `what is missing is said`(lines: String, refusal: String) {
        #expect(Fixture.refusal { try Fixture.withStore(lines) } == refusal)
    }

    private struct Unexpected: Error {}
}
