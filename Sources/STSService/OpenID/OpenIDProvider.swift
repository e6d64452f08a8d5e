package import HTTPClient
import JSON
import S3Protocol
import Threading

/// A provider of identities (OpenID Connect) whose tokens are exchanged for sessions.
package final class OpenIDProvider: Sendable {
    package struct Configuration: Sendable {
        /// Of the provider's discovery document.
        package var configurationURL: String
        /// Whom tokens have to be for.
        package var clientID: String
        /// The claim that names policies: a text with commas, or a list.
        package var claimName = "policy"
        /// The policies that everybody has whom the provider vouches for; then no claim is looked at.
        package var rolePolicies: [String]?

        package init(configurationURL: String, clientID: String) {
            self.configurationURL = configurationURL
            self.clientID = clientID
        }
    }

    /// What a provider says where it is, and with what it signs.
    private struct Keys: Sendable {
        let issuer: String
        let keys: JSONWebKeys
        let fetched: ContinuousClock.Instant
    }

    private struct State {
        var keys: Keys?
        /// When they were asked for last, with what outcome ever.
        var asked: ContinuousClock.Instant?
    }

    /// Older keys are asked for again.
    private static let age = Duration.seconds(3600)
    /// A token with a key that is not known has them asked for again, but not more often: anybody can make up a key's name.
    private static let pause = Duration.seconds(5)

    package let configuration: Configuration
    private let client: HTTPClient
    private let state = ShortLock(State())
    private let flights = SingleFlight<Int, Bool, CancellationError>()

    package init(_ configuration: Configuration, client: HTTPClient) {
        self.configuration = configuration
        self.client = client
    }

    /// What a token says of its subject.
    ///
    /// - Parameter time: seconds since 1970.
    /// - Throws: for a token that is none, is another's, has expired, or that no key of the provider's has signed.
    func verify(_ text: String, at time: Int64) async throws(STSError) -> Identified {
        guard let token = JSONWebToken(text) else { throw Self.invalid("it is no JSON web token that can be verified") }
        let (claims, issuer) = try await verifiedClaims(token)
        guard let said = claims["iss"]?.string, said.hasSameBytes(as: issuer) else {
            throw Self.invalid("another has issued it")
        }
        guard
            Self.texts(claims["aud"]).contains(where: { $0.hasSameBytes(as: configuration.clientID) })
                || claims["azp"]?.string.map({ $0.hasSameBytes(as: configuration.clientID) }) ?? false
        else { throw Self.invalid("it is for another client") }
        guard let expires = Self.seconds(claims["exp"]) else { throw Self.invalid("it does not say when it expires") }
        guard time < expires else { throw STSError(.expiredToken, "The web identity token has expired.") }
        if let begins = Self.seconds(claims["nbf"]), time + 60 < begins { throw Self.invalid("it is not valid yet") }
        guard let subject = claims["sub"]?.string, !subject.isEmpty else { throw Self.invalid("it has no subject") }
        return Identified(subject: subject, issuer: issuer, claims: claims)
    }

    /// Whom a token is about.
    struct Identified {
        let subject: String
        let issuer: String
        let claims: JSONValue
    }

    private func verifiedClaims(_ token: JSONWebToken) async throws(STSError) -> (JSONValue, issuer: String) {
        if let known = known(), let claims = Self.claims(token, known) { return (claims, known.issuer) }
        // It may be signed with a newer key.
        guard await hasRefreshed(), let known = known() else {
            throw STSError(.invalidIdentityToken, "The provider of identities cannot be reached.")
        }
        guard let claims = Self.claims(token, known) else { throw Self.invalid("its signature is not the provider's") }
        return (claims, known.issuer)
    }

    private func hasRefreshed() async -> Bool {
        do throws(CancellationError) {
            return try await flights.outcome(0, cancelled: CancellationError()) { () throws(CancellationError) in
                await self.refresh()
            }
        } catch {
            return false
        }
    }

    private static func claims(_ token: JSONWebToken, _ known: Keys) -> JSONValue? {
        for key in known.keys.candidates(token.keyID) {
            if let claims = token.verify(key) { return claims }
        }
        return nil
    }

    private func known() -> Keys? {
        state.withLock { state in state.keys.flatMap { ContinuousClock.now - $0.fetched < Self.age ? $0 : nil } }
    }

    /// Asks for the keys, unless that was done a moment ago.
    ///
    /// - Returns: whether there are any.
    private func refresh() async -> Bool {
        let mayAsk = state.withLock { state in
            if let asked = state.asked, ContinuousClock.now - asked < Self.pause { return false }
            state.asked = .now
            return true
        }
        guard mayAsk, let discovery = await document(configuration.configurationURL).flatMap({ JSONValue($0) }),
            let issuer = discovery["issuer"]?.string, let url = discovery["jwks_uri"]?.string,
            url.hasPrefix("https://") || url.hasPrefix("http://"),
            let keys = await document(url).flatMap({ JSONWebKeys($0) })
        else { return known() != nil }
        state.withLock { $0.keys = Keys(issuer: issuer, keys: keys, fetched: .now) }
        return true
    }

    private func document(_ url: String) async -> [UInt8]? {
        var request = HTTPClientRequest(.get, url)
        request.redirects = .sameOrigin
        guard let response = try? await client.send(request), response.status == 200 else { return nil }
        return response.body
    }

    // MARK: Claims

    /// A text, or a list of texts.
    static func texts(_ value: JSONValue?) -> [String] {
        switch value {
        case .string(let text): [text]
        case .array(let elements): elements.compactMap(\.string)
        case .object, .number, .bool, .null, nil: []
        }
    }

    /// Seconds since 1970, which may have a fraction.
    private static func seconds(_ value: JSONValue?) -> Int64? {
        guard case .number(let text) = value, let number = Double(text), number.magnitude < 1e15 else { return nil }
        return Int64(number)
    }

    private static func invalid(_ reason: String) -> STSError {
        STSError(.invalidIdentityToken, "The web identity token is not valid: \(reason).")
    }
}
