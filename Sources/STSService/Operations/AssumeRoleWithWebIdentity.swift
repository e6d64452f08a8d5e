import Accounts
import Cryptography
import JSON
import Requests
import S3Protocol

/// Temporary credentials for who shows a token of the provider of identities; its claim says which policies they have.
struct AssumeRoleWithWebIdentity {
    /// Claims that policies can ask for, and the bytes of them that a session keeps.
    private static let keptClaims = [
        "sub", "iss", "aud", "jti", "upn", "name", "groups", "given_name", "family_name", "middle_name", "nickname",
        "preferred_username", "profile", "picture", "website", "email", "gender", "birthdate", "phone_number",
        "address", "scope", "client_id",
    ]
    private static let keptBytes = 8192

    private let parameters: SessionParameters
    private let token: String

    init(_ form: STSForm) throws(STSError) {
        parameters = try SessionParameters(form)
        guard let token = form["WebIdentityToken"] ?? form["Token"] else {
            throw STSError(.missingParameter, "The parameter WebIdentityToken is missing.")
        }
        self.token = token
    }

    func perform(
        _ provider: OpenIDProvider, _ accounts: Accounts, as names: STSDocument.Names, _ record: RequestRecord
    ) async throws -> [UInt8] {
        let identified = try await provider.verify(token, at: record.time / 1000)
        var request = parameters.request(for: .external(Self.owner(identified)))
        request.policies = try policies(identified, provider).map { AccountName($0) }
        request.claims = Self.claims(identified)
        let session: NewSession
        do {
            session = try await accounts.addSession(request, at: record.time)
        } catch AccountError.noSuchPolicy {
            throw STSError(.invalidParameterValue, "The token names policies that do not exist.")
        }
        return STSDocument.credentials(
            session, names, details: [("SubjectFromWebIdentityToken", identified.subject)], requestID: record.id)
    }

    private func policies(
        _ identified: OpenIDProvider.Identified, _ provider: OpenIDProvider
    ) throws(STSError) -> [String] {
        if let policies = provider.configuration.rolePolicies { return policies }
        let said = OpenIDProvider.texts(identified.claims[provider.configuration.claimName])
        var names: [String] = []
        for text in said {
            for name in text.split(separator: ",") {
                let trimmed = name.drop { $0 == " " }
                names.append(String(trimmed))
            }
        }
        guard !names.isEmpty, names.count <= AccountLimits.policiesPerHolder else {
            throw STSError(
                .invalidParameterValue, "The token's claim '\(provider.configuration.claimName)' names no policies.")
        }
        return names
    }

    /// One name for each subject of each issuer, whatever characters they have.
    private static func owner(_ identified: OpenIDProvider.Identified) -> AccountName {
        let digest = Digest.hash(.sha256, Array("\(identified.issuer)\n\(identified.subject)".utf8))
        return AccountName("openid:" + Hex.encode(Array(digest.prefix(16))))
    }

    private static func claims(_ identified: OpenIDProvider.Identified) -> [(name: String, value: String)] {
        var kept: [(name: String, value: String)] = []
        var bytes = 0
        for name in keptClaims {
            for text in OpenIDProvider.texts(identified.claims[name]) {
                bytes += name.utf8.count + text.utf8.count
                // A condition sees all of a claim, or none of it.
                guard bytes <= keptBytes else { return kept.filter { $0.name != name } }
                kept.append((name, text))
            }
        }
        return kept
    }
}
