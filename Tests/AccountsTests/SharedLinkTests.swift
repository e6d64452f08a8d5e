import Accounts
import S3Protocol
import Testing

/// Links that were shared, and taken back.
@Suite struct SharedLinkTests {
    private static let now = AccountsFixture.now

    private func link(_ number: UInt8, of accessKey: String = "anna", end: Int64 = now + 1000) -> SharedLink {
        SharedLink(
            id: SharedLink.id(ofSignature: [number]), accessKey: AccountName(accessKey), bucket: "b",
            key: "k/\(number)",
            version: number == 1 ? nil : "v", address: "https://a", created: Self.now, end: end)
    }

    @Test func `what is taken back is so for as long as it would have worked, after a restart too`() async throws {
        let fixture = try await AccountsFixture()
        #expect(try !fixture.accounts.isRevoked(linkSignature: [1]))
        for number in UInt8(1)...2 { #expect(try await fixture.accounts.addSharedLink(link(number))) }
        #expect(try !fixture.accounts.isRevoked(linkSignature: [1]))
        let revoked = try await fixture.accounts.revokeSharedLink(link(1).id, of: AccountName("anna"), at: Self.now + 1)
        #expect(revoked?.key == "k/1" && revoked?.revoked == Self.now + 1)
        #expect(try fixture.accounts.isRevoked(linkSignature: [1]) && !fixture.accounts.isRevoked(linkSignature: [2]))
        // The very same again is not let in by being made again.
        #expect(try await !fixture.accounts.addSharedLink(link(1)))

        try await fixture.reopen()
        #expect(fixture.damaged == 0)
        #expect(try fixture.accounts.isRevoked(linkSignature: [1]) && !fixture.accounts.isRevoked(linkSignature: [2]))
        let kept = try fixture.accounts.snapshot.sharedLinks(of: AccountName("anna")).sorted { $0.key < $1.key }
        #expect(kept.map(\.key) == ["k/1", "k/2"] && kept.map(\.version) == [nil, "v"])

        #expect(try await !fixture.accounts.sweepSharedLinks(at: Self.now + 999))
        #expect(try fixture.accounts.snapshot.allSharedLinks.count == 2)
        #expect(try await !fixture.accounts.sweepSharedLinks(at: Self.now + 1000))
        #expect(try fixture.accounts.snapshot.allSharedLinks.isEmpty)
    }

    @Test func `another's link is not one's own to take back, but root's`() async throws {
        let fixture = try await AccountsFixture()
        _ = try await fixture.accounts.addSharedLink(link(1))
        #expect(try await fixture.accounts.revokeSharedLink(link(1).id, of: AccountName("bert"), at: Self.now) == nil)
        #expect(try await fixture.accounts.revokeSharedLink(link(9).id, of: nil, at: Self.now) == nil)
        #expect(try !fixture.accounts.isRevoked(linkSignature: [1]))
        #expect(try await fixture.accounts.revokeSharedLink(link(1).id, of: nil, at: Self.now) != nil)
        #expect(try fixture.accounts.isRevoked(linkSignature: [1]))
    }
}
