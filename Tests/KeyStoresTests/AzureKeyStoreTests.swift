import JSON
import KeyStores
import Testing

/// What can be told of Azure without a vault: addresses, challenges, and which version is the key.
@Suite struct AzureKeyStoreTests {
    @Test(arguments: [
        ("https://v.vault.azure.net", "v.vault.azure.net"), ("https://V.vault.azure.net/", "v.vault.azure.net"),
        ("v.vault.azure.net", "v.vault.azure.net"), ("https://v.vault.azure.net:443", "v.vault.azure.net"),
        ("https://x.localhost:21910", "x.localhost:21910"),
    ])
    func `an endpoint is a host over TLS`(text: String, host: String) throws {
        #expect(try AzureEndpoint(text).host == host)
    }

    @Test(arguments: ["http://v.vault.azure.net", "", "https://", "https://v/secrets", "https://a b", "https://u@v"])
    func `anything else is no endpoint`(text: String) {
        #expect(throws: KeyStoreError.self) { try AzureEndpoint(text) }
    }

    @Test func `a link is followed into the same vault only`() throws {
        let endpoint = try AzureEndpoint("https://v.vault.azure.net")
        #expect(endpoint.path(of: "https://V.vault.azure.net:443/secrets?$skiptoken=a") == "/secrets?$skiptoken=a")
        #expect(endpoint.path(of: "https://w.vault.azure.net/secrets") == nil)
        #expect(endpoint.path(of: "http://v.vault.azure.net/secrets") == nil)
        #expect(endpoint.path(of: "https://v.vault.azure.net.example/secrets") == nil)
    }

    @Test(arguments: [
        "Bearer authorization=\"https://login.microsoftonline.us/t\", resource=\"https://vault.usgovcloudapi.net\"",
        "bearer authorization_uri=\"https://login.microsoftonline.us/t\",resource=\"https://vault.usgovcloudapi.net/\"",
        "Bearer authorization=\"https://login.microsoftonline.us/t\" , scope=\"https://vault.usgovcloudapi.net/.default\"",
    ])
    func `a challenge says who gives out tokens, and for what`(header: String) throws {
        let challenge = try #require(AzureChallenge(header: header))
        #expect(challenge.authority == "https://login.microsoftonline.us")
        #expect(challenge.resource == "https://vault.usgovcloudapi.net")
        #expect(challenge.namesKnownAuthority)
    }

    @Test(arguments: [
        "", "Basic realm=\"x\"", "Bearer", "Bearer resource=\"https://vault.azure.net\"",
        "Bearer authorization=\"https://login.microsoftonline.com/t\"",
        "Bearer authorization=\"http://login.microsoftonline.com/t\", resource=\"https://vault.azure.net\"",
        "Bearer authorization=\"https://login.microsoftonline.com/t\", resource=\"vault\"",
    ])
    func `what is no challenge is not taken for one`(header: String) {
        #expect(AzureChallenge(header: header) == nil)
    }

    @Test func `secrets are shown to known authorities`() {
        for host in ["login.microsoftonline.com.example", "example", "login.microsoftonline.com:8443"] {
            let header = "Bearer authorization=\"https://\(host)/t\", resource=\"https://vault.azure.net\""
            #expect(AzureChallenge(header: header)?.namesKnownAuthority == false)
        }
    }

    @Test(arguments: [
        ("https://v.vault.azure.net", "https://vault.azure.net", true),
        ("https://x.localhost:21910", "https://localhost:21910", true),
        ("https://x.localhost:21910", "https://localhost", false),
        ("https://vault.azure.net", "https://vault.azure.net", false),
        ("https://evilvault.azure.net", "https://vault.azure.net", false),
        ("https://v.example", "https://vault.azure.net", false),
    ])
    func `a vault is below the resource of its tokens`(endpoint: String, resource: String, belongs: Bool) throws {
        #expect(try AzureEndpoint(endpoint).belongs(to: resource) == belongs)
    }

    private func version(_ id: String, _ created: Int, replaces: String? = nil, key: String? = nil) throws
        -> AzureSecretVersion
    {
        var tags: [(name: String, value: JSONValue)] = []
        if let replaces { tags.append((AzureSecretVersion.Tag.replaces, .string(replaces))) }
        if let key { tags.append((AzureSecretVersion.Tag.key, .string(key))) }
        let item = JSONValue.object([
            ("id", .string("https://v.vault.azure.net/secrets/k/\(id)")),
            ("attributes", .object([("enabled", .bool(true)), ("created", .number("\(created)"))])),
            ("tags", .object(tags)),
        ])
        return try #require(AzureSecretVersion(item))
    }

    @Test func `the oldest version is the key, and of one second the first in the list`() throws {
        #expect(AzureSecretVersions([]).current == nil)
        let tied = AzureSecretVersions([try version("c", 9), try version("b", 5), try version("a", 5)])
        #expect(tied.current?.id == "b" && tied.keyName == "k")
    }

    @Test func `the way of rotations leads from the oldest version to the current one`() throws {
        let versions = AzureSecretVersions([
            try version("loser", 4, replaces: "a"), try version("z", 3, replaces: "a"), try version("a", 1),
            try version("by-hand", 2), try version("last", 9, replaces: "z"),
            try version("astray", 9, replaces: "loser"),
        ])
        #expect(versions.current?.id == "last")
        #expect(versions.successor(of: try version("a", 1))?.id == "z")
    }

    @Test func `a way in a circle ends`() throws {
        let circle = AzureSecretVersions([try version("a", 1, replaces: "b"), try version("b", 2, replaces: "a")])
        #expect(circle.current != nil)
        #expect(AzureSecretVersions([try version("a", 1, replaces: "a")]).current?.id == "a")
    }

    @Test func `a key's name is spelt as it was when it was made`() throws {
        #expect(AzureSecretVersions([try version("a", 1, key: "K")]).keyName == "K")
        // Of a copy under another name.
        #expect(AzureSecretVersions([try version("a", 1, key: "other")]).keyName == "k")
    }

    @Test func `a failure names the right that is missing`() {
        #expect(AzureRight.purgeSecret.dataAction == "Microsoft.KeyVault/vaults/secrets/purge/action")
        #expect(AzureRight.unwrapKey.dataAction == "Microsoft.KeyVault/vaults/keys/unwrap/action")
        #expect(AzureFailure.short("one\r\ntwo") == "one")
    }

    @Test func `the environment's credentials are taken in their order`() {
        let application = ["AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c"]
        let kind = { (more: [String: String]) in
            "\(AzureIdentity(.ambient, environment: application.merging(more) { $1 }))"
        }
        let everything = [
            "AZURE_CLIENT_SECRET": "s", "AZURE_CLIENT_CERTIFICATE_PATH": "/p", "AZURE_FEDERATED_TOKEN_FILE": "/f",
        ]
        #expect(kind(everything) == "the client c")
        #expect(kind(everything.filter { $0.key != "AZURE_CLIENT_SECRET" }) == "the client c (certificate /p)")
        #expect(kind(["AZURE_FEDERATED_TOKEN_FILE": "/f"]) == "the client c (token /f)")
        #expect(kind([:]) == "the managed identity c")
        #expect("\(AzureIdentity(.ambient, environment: [:]))" == "the managed identity")
    }
}
