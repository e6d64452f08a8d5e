import Cryptography
import FoundationEssentials
import Requests
import S3Protocol
package import SealedStorage
import Synchronization
import Threading

/// What the running server takes from the settings.
package protocol SettingsUser: Sendable {
    /// Whether the server reads a variable, named without `MINIO_`: what it does not read has no effect, and is not set.
    func reads(_ variable: String) -> Bool

    /// The values that the environment gives, by names without prefix; they win.
    var environment: [String: String] { get }

    /// - Throws: for settings with which the server would not start.
    func check(_ settings: StoredSettings) throws(SettingsMalformed)

    /// Takes over what takes effect at once.
    func apply(_ settings: StoredSettings)
}

/// For a server that takes nothing from them.
package struct NoSettingsUser: SettingsUser {
    package init() {}
    package func reads(_ variable: String) -> Bool { false }
    package var environment: [String: String] { [:] }
    package func check(_ settings: StoredSettings) {}
    package func apply(_ settings: StoredSettings) {}
}

/// The settings of the drive with their history: one sealed record, changed in one commit.
package final class ServerSettings: Sendable {
    private static let setting = "configuration"

    private let records: SealedRecords
    /// Held while what is stored is read and applied: what was committed last is applied last.
    private let applying = Monitor(())
    package let user: any SettingsUser

    package init(_ records: SealedRecords, user: any SettingsUser = NoSettingsUser()) {
        self.records = records
        self.user = user
    }

    /// What is set.
    ///
    /// - Throws: while the catalogue is locked, and when the record is damaged.
    package func stored() throws -> StoredSettings { try record().settings }

    func history() throws -> [SettingsHistory.Entry] { try record().history.entries }

    private func record() throws -> SettingsRecord {
        try records.secretSetting(Self.setting).map(SettingsRecord.init) ?? SettingsRecord()
    }

    /// Takes in lines, each of which changes its own settings only.
    ///
    /// - Returns: whether all of it is in effect at once.
    func set(_ text: String, at time: Int64) async throws -> Bool {
        let lines = try checked(SettingsLine.all(in: text))
        guard !lines.isEmpty else { throw SettingsMalformed(.name, "cannot have empty keys") }
        try await change(at: time, remembering: text) { settings in
            for line in lines {
                guard !line.values.isEmpty else { throw SettingsMalformed(.name, "cannot have empty keys") }
                settings.set(line)
            }
        }
        return Self.areDynamic(lines)
    }

    /// Takes away what lines name.
    ///
    /// - Throws: `XMinioConfigNotFoundError` for a target that is not there.
    func remove(_ text: String, at time: Int64) async throws -> Bool {
        let lines = try checked(SettingsLine.all(in: text))
        guard !lines.isEmpty else { throw SettingsMalformed(.name, "cannot have empty keys") }
        try await change(at: time, remembering: nil) { settings in
            for line in lines where !settings.remove(line) {
                // Of what there is one of only, nothing set is what is asked for.
                guard line.address.target == SettingsSubsystem.onlyTarget else {
                    throw S3Error(.xMinioConfigNotFoundError, "There is no target \(line.address).")
                }
            }
        }
        return Self.areDynamic(lines)
    }

    /// Puts a text in the place of everything that is set.
    func replace(_ text: String, at time: Int64) async throws {
        let lines = try checked(SettingsLine.all(in: text))
        try await change(at: time, remembering: text, ifDamaged: .replace) { settings in
            settings = StoredSettings()
            for line in lines { settings.set(line) }
        }
    }

    /// Forgets one entry of the history, or all of it.
    func clearHistory(_ id: String?) async throws {
        try await records.updateSecretSetting(Self.setting) { present in
            var record = try present.map(SettingsRecord.init) ?? SettingsRecord()
            record.history.entries.removeAll { id == nil || $0.restoreID == id }
            return record.encoded()
        }
    }

    private func change(
        at time: Int64, remembering text: String?, ifDamaged: SealedRecords.DamagedSetting = .refuse,
        _ body: (inout StoredSettings) throws -> Void
    ) async throws {
        guard text.map({ $0.utf8.count <= StoredSettings.longestText }) ?? true else {
            throw S3Error(.xMinioAdminConfigTooLarge)
        }
        // Drawn once, though the change may run again.
        let id = SettingsHistory.newID()
        try await records.updateSecretSetting(Self.setting, ifDamaged: ifDamaged) { present in
            var record = SettingsRecord()
            do {
                record = try present.map(SettingsRecord.init) ?? record
            } catch {
                guard case .replace = ifDamaged else { throw error }
            }
            try body(&record.settings)
            dropStandards(of: &record.settings)
            guard record.settings.text.utf8.count <= StoredSettings.longestText else {
                throw S3Error(.xMinioAdminConfigTooLarge)
            }
            try requireComplete(record.settings)
            try user.check(record.settings)
            if let text { record.history.add(.init(restoreID: id, created: time, text: text)) }
            return record.encoded()
        }
        try applying.withLock { _ in Result { user.apply(try stored()) } }.get()
    }

    // MARK: What may be set

    /// Lines of which every name is known, and that set nothing which would have no effect.
    private func checked(_ lines: [SettingsLine]) throws(SettingsMalformed) -> [SettingsLine] {
        for line in lines {
            guard let subsystem = SettingsSubsystem.named(line.address.subsystem) else {
                throw SettingsMalformed(.name, "unknown sub-system \(line.address.subsystem)")
            }
            guard subsystem.hasTargets || line.address.target == SettingsSubsystem.onlyTarget else {
                throw SettingsMalformed(.name, "sub-system \(subsystem.name) has no targets")
            }
            for name in line.names + line.values.keys where name != SettingsSubsystem.comment.name {
                guard let key = subsystem.key(name) else {
                    throw SettingsMalformed(.name, "unknown key '\(name)' of sub-system \(subsystem.name)")
                }
                guard let value = line.values[name], value != key.standard,
                    !(key.kind == .flag && value.isEmpty)
                else { continue }
                guard user.reads(subsystem.variable(name, target: line.address.target)) else {
                    throw SettingsMalformed(
                        .name, "\(subsystem.name) \(name): this server has nothing that it would be for")
                }
                try key.check(value, of: subsystem)
            }
        }
        return lines
    }

    /// What is as it would be anyway is not kept: an export of another server's says everything.
    private func dropStandards(of settings: inout StoredSettings) {
        for (address, values) in settings.values {
            guard let subsystem = SettingsSubsystem.named(address.subsystem) else { continue }
            let kept = values.filter { name, value in
                guard let key = subsystem.key(name) else { return !value.isEmpty }
                return value != key.standard && !(key.kind == .flag && value.isEmpty)
            }
            settings.values[address] = kept.isEmpty ? nil : kept
        }
    }

    private func requireComplete(_ settings: StoredSettings) throws(SettingsMalformed) {
        for (address, values) in settings.values {
            guard let subsystem = SettingsSubsystem.named(address.subsystem), values["enable"] == "on" else { continue }
            for key in subsystem.keys where key.isRequired && values[key.name] == nil {
                throw SettingsMalformed(.name, "\(address): '\(key.name)' is missing")
            }
        }
    }

    private static func areDynamic(_ lines: [SettingsLine]) -> Bool {
        lines.allSatisfy { SettingsSubsystem.named($0.address.subsystem)?.isDynamic ?? false }
    }
}

extension SettingsKey {
    /// Whether a value is one of this key's kind; what it means is for whoever reads it.
    fileprivate func check(_ value: String, of subsystem: SettingsSubsystem) throws(SettingsMalformed) {
        let isOne =
            switch kind {
            case .flag: value == "on" || value == "off"
            case .int, .number: Int64(value) != nil
            case .url: value.isEmpty || value.contains("://")
            case .string, .path, .csv, .duration, .sentence: true
            }
        guard isOne else {
            throw SettingsMalformed(.value, "\(subsystem.name) \(name): '\(value)' is not of the kind \(kind.rawValue)")
        }
    }
}
