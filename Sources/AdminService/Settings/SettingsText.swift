/// Settings in the words of MinIO's `config get` and `config export`: what is set, what the environment says, and what stands
/// unless either says something.
struct SettingsText {
    let stored: StoredSettings
    /// Variables without prefix.
    let environment: [String: String]
    /// Whether secrets that were set are shown, for who imports the text elsewhere; those of the environment never are.
    let showsSecrets: Bool

    /// The lines of one subsystem, or of one of its targets; `nil` for a target that is not there.
    func lines(of subsystem: SettingsSubsystem, target: String?) -> String? {
        let targets = targets(of: subsystem)
        let shown = target.map { wanted in targets.filter { $0 == wanted } } ?? targets
        guard !shown.isEmpty else { return nil }
        return shown.map { lines(of: subsystem, of: $0) }.joined()
    }

    /// Everything; what is all as it stands unless it was set is commented out.
    var export: String {
        SettingsSubsystem.all.map { subsystem in
            targets(of: subsystem).map { target in
                let lines = lines(of: subsystem, of: target)
                return isSet(subsystem, target) ? lines : "# " + lines
            }.joined()
        }.joined()
    }

    private func isSet(_ subsystem: SettingsSubsystem, _ target: String) -> Bool {
        stored.values[.init(subsystem: subsystem.name, target: target)] != nil
            || subsystem.keys.contains { environment[subsystem.variable($0.name, target: target)] != nil }
    }

    /// The nameless one first.
    private func targets(of subsystem: SettingsSubsystem) -> [String] {
        guard subsystem.hasTargets else { return [SettingsSubsystem.onlyTarget] }
        var names = Set(stored.values.keys.filter { $0.subsystem == subsystem.name }.map(\.target))
        for variable in environment.keys {
            for key in subsystem.keys {
                let prefix = subsystem.variable(key.name, target: SettingsSubsystem.onlyTarget) + "_"
                guard variable.hasPrefix(prefix), variable.utf8.count > prefix.utf8.count else { continue }
                names.insert(String(variable.dropFirst(prefix.count)))
            }
        }
        names.remove(SettingsSubsystem.onlyTarget)
        return [SettingsSubsystem.onlyTarget] + names.sorted()
    }

    private func lines(of subsystem: SettingsSubsystem, of target: String) -> String {
        let address = StoredSettings.Address(subsystem: subsystem.name, target: target)
        let values = stored.values[address]
        var text = ""
        var line = "\(address) "
        for key in subsystem.keys {
            let variable = subsystem.variable(key.name, target: target)
            if let value = environment[variable] {
                if !key.isSecret { text += "# MINIO_\(variable)=\(value)\n" }
                // A target that is the environment's alone has no line of its own.
                if values == nil, target != SettingsSubsystem.onlyTarget { continue }
            } else if values == nil, target != SettingsSubsystem.onlyTarget {
                continue
            }
            let value = values?[key.name] ?? key.standard
            if key.isSecret, !showsSecrets, !value.isEmpty { continue }
            line += "\(key.name)=\(SettingsLine.quoted(value)) "
        }
        if let comment = values?[SettingsSubsystem.comment.name] {
            line += "\(SettingsSubsystem.comment.name)=\(SettingsLine.quoted(comment)) "
        }
        return text + line + "\n"
    }
}
