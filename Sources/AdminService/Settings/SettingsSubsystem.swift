/// A group of settings in the spelling of MinIO's configuration: its keys, and what they are unless they were set.
struct SettingsSubsystem: Sendable {
    let name: String
    let description: String
    let keys: [SettingsKey]
    /// Whether there may be several, each with a name of its own.
    let hasTargets: Bool
    /// Whether what is set is in effect at once; else with the next start.
    let isDynamic: Bool

    init(
        _ name: String, _ description: String, hasTargets: Bool = false, isDynamic: Bool = false,
        _ keys: [SettingsKey]
    ) {
        self.name = name
        self.description = description
        self.keys = keys
        self.hasTargets = hasTargets
        self.isDynamic = isDynamic
    }

    func key(_ name: String) -> SettingsKey? { keys.first { $0.name == name } }

    /// The variable of the environment that sets the same.
    func variable(_ key: String, target: String) -> String {
        let name = "\(self.name)_\(key)".uppercased()
        return target == SettingsSubsystem.onlyTarget ? name : "\(name)_\(target)"
    }

    /// The name of a target that has none.
    static let onlyTarget = "_"

    static func named(_ name: String) -> SettingsSubsystem? { all.first { $0.name == name } }

    /// What every subsystem may have besides: stored for whoever reads it.
    static let comment = SettingsKey("comment", "", "a note", .sentence)
}

/// One setting.
struct SettingsKey: Sendable {
    enum Kind: String, Sendable {
        case string, int, number, url, path, csv, duration, sentence
        case flag = "on|off"
    }

    let name: String
    let standard: String
    let description: String
    let kind: Kind
    let isRequired: Bool

    init(_ name: String, _ standard: String, _ description: String, _ kind: Kind, isRequired: Bool = false) {
        self.name = name
        self.standard = standard
        self.description = description
        self.kind = kind
        self.isRequired = isRequired
    }

    /// Whether it is shown in exports alone.
    var isSecret: Bool {
        ["token", "password", "secret", "api_key", "license"].contains { name.contains($0) }
    }
}
