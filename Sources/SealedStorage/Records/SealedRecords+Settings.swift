import Cryptography
import Encryption
import ObjectStorage

/// Settings of the drive that must not be readable on it, such as the generated root secret and the configuration.
extension SealedRecords {
    /// `nil` when it was never set.
    package func secretSetting(_ name: String) throws -> [UInt8]? {
        let sealer = try sealer
        guard let sealed = try store.settingAtHand(name) else { return nil }
        return try openSetting(sealed, name, sealer)
    }

    package func setSecretSetting(_ name: String, _ value: [UInt8]) async throws {
        _ = try await updateSecretSetting(name, ifDamaged: .replace) { _ in value }
    }

    /// What becomes of a setting that does not open when it is changed.
    package enum DamagedSetting: Sendable {
        /// The change fails, and the setting stays for whoever can repair it.
        case refuse
        /// The change takes it for none.
        case replace
    }

    /// Runs what takes longer than an event loop has on a thread of the drive's.
    package func offload<R: Sendable>(_ work: @escaping @Sendable () throws -> R) async throws -> R {
        try await store.offload(work)
    }

    /// Changes a setting: `change` gets what is there, and may run again on what was committed meanwhile.
    ///
    /// - Returns: what is there now.
    /// - Throws: what `change` does, and `Corruption` for what does not open.
    @discardableResult
    package func updateSecretSetting(
        _ name: String, ifDamaged: DamagedSetting = .refuse, _ change: ([UInt8]?) throws -> [UInt8]
    ) async throws -> [UInt8] {
        let sealer = try sealer
        var present = try store.settingAtHand(name)
        while true {
            let opened: [UInt8]?
            do {
                opened = try present.map { try openSetting($0, name, sealer) }
            } catch {
                switch ifDamaged {
                case .refuse: throw error
                case .replace: opened = nil
                }
            }
            let value = try change(opened)
            if value == opened { return value }
            let sealed = sealer.seal(value, kind: .setting, id: Array(name.utf8), associatedData: [])
            switch try await store.setSetting(name, sealed, replacing: present) {
            case .swapped: return value
            case .changed(let current): present = current
            }
        }
    }

    /// - Throws: ``Corruption`` when a stored value does not open.
    func checkSetting(_ name: String, _ sealed: [UInt8]) throws { _ = try openSetting(sealed, name, sealer) }

    private func openSetting(_ sealed: [UInt8], _ name: String, _ sealer: RecordSealer) throws -> [UInt8] {
        guard !store.isDistrusted(sealed) else {
            throw Corruption(what: "setting \"\(name)\", which is an older one put back")
        }
        do {
            return try sealer.open(sealed, kind: .setting, id: Array(name.utf8), associatedData: [])
        } catch {
            throw Corruption(what: "setting \"\(name)\"")
        }
    }

    /// The drive's own name, a UUID, which is drawn when it is first asked for and never changes.
    package func deploymentID() async throws -> String {
        let bytes = try await updateSecretSetting("deployment-id") { present in
            if let present, present.count == 16 { return present }
            var id = SecureRandom.bytes(16)
            id[6] = id[6] & 0x0F | 0x40
            id[8] = id[8] & 0x3F | 0x80
            return id
        }
        let digits = Hex.encode(bytes)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text += "-" }
            text.append(digit)
        }
        return text
    }
}
