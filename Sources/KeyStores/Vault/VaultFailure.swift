import JSON

extension StoreAnswer {
    /// Vault's own words, in one line: its errors, or its warnings when there are none.
    var vaultWords: String {
        guard let json else { return isSuccess ? "" : "the answer is not Vault's" }
        let errors = json["errors"]?.elements ?? []
        let words = (errors.isEmpty ? json["warnings"]?.elements ?? [] : errors).compactMap(\.string)
        let line = words.joined(separator: "; ").split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return String(line.prefix(400))
    }

    /// 404 with which Vault says that there is nothing, and not that it does not know the path: without a word.
    var isVaultAbsence: Bool {
        guard status == 404, let json, let errors = json["errors"]?.elements else { return false }
        return errors.isEmpty && (json["warnings"]?.elements ?? []).isEmpty
    }

    /// The token is not accepted, or its policies do not allow the call.
    var isRefusal: Bool { status == 401 || status == 403 }
    var saysSealed: Bool { status == 503 && vaultWords.contains("sealed") }
    /// The version that a write was for is not the latest any more.
    var saysVersionMismatch: Bool { status == 400 && vaultWords.contains("check-and-set") }
}

extension VaultCall {
    /// What an answer means that is not the wanted one.
    func failure(_ answer: StoreAnswer) -> KeyStoreError {
        if answer.saysSealed { return VaultSeal.State.sealed.failure }
        let words = answer.vaultWords
        if answer.isRefusal {
            return .notAuthorized(
                "vault: \(title): refused by Vault (not by a policy of this server): \(words); "
                    + "Vault's policy has to grant '\(right)' on '\(path)'")
        }
        return .unavailable("vault: \(title): status \(answer.status): \(words)")
    }
}

extension VaultSeal.State {
    /// What calls fail with as long as it lasts.
    var failure: KeyStoreError {
        switch self {
        case .sealed: .unreachable("vault: key store is sealed")
        case .uninitialized: .unreachable("vault: not initialized")
        }
    }
}
