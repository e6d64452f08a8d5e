extension StoreAnswer {
    /// What an answer that is no success means, where the store's protocol gives it no meaning of its own.
    ///
    /// - Parameters:
    ///   - text: What the store says about it, if it can be told: never taken from a body of unknown form.
    ///   - right: What the store has to allow for the call.
    func failure(of store: String, saying text: String?, needing right: String) -> KeyStoreError {
        let said = text.map { ": \(Self.legible($0))" } ?? ""
        switch status {
        case 401, 403:
            return .notAuthorized(
                "\(store): refused by the store, not by a policy of this server (status \(status)\(said)); "
                    + "needed: \(right)")
        default: return .unavailable("\(store): the store answers with status \(status)\(said)")
        }
    }

    /// A store's words as they may stand in one line of a log, cut where they are long.
    static func legible(_ text: String) -> String {
        let line = String(text.unicodeScalars.prefix(400).map { $0.properties.isWhitespace ? " " : Character($0) })
        return String(line.filter { !($0.unicodeScalars.first?.properties.generalCategory == .control) })
    }
}
