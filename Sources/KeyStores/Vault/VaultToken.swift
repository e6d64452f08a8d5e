import JSON

/// What every call but a login shows.
struct VaultToken: Sendable {
    let text: SecretText
    let isRenewable: Bool
    /// How long it was to live when it was made; `nil`: it never ends.
    let lifetime: Duration?

    init(text: SecretText, isRenewable: Bool, lifetime: Duration?) {
        self.text = text
        self.isRenewable = isRenewable
        self.lifetime = lifetime
    }

    /// The token that a login or a renewal answers with; `nil` when there is none in it.
    init?(_ document: JSONValue) {
        guard let auth = document["auth"], let text = auth["client_token"]?.string, !text.isEmpty else { return nil }
        self.init(
            text: SecretText(text), isRenewable: auth["renewable"].isTrue,
            lifetime: Self.lifetime(auth["lease_duration"]))
    }

    /// Seconds, where 0 stands for ever.
    static func lifetime(_ seconds: JSONValue?) -> Duration? {
        guard let seconds = seconds?.integer, seconds > 0 else { return nil }
        return .seconds(seconds)
    }
}

extension JSONValue? {
    var isTrue: Bool {
        if case .bool(true)? = self { true } else { false }
    }
}
