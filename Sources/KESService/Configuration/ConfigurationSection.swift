import KESProtocol
import KeyStores

/// What every section of one file shares: the environment, and what there is to warn of.
final class ConfigurationReader {
    let environment: [String: String]
    private var warnings: [(line: Int, text: String)] = []

    init(environment: [String: String]) { self.environment = environment }

    func warn(line: Int, _ text: String) {
        guard !warnings.contains(where: { $0 == (line, text) }) else { return }
        warnings.append((line, text))
    }

    /// Warnings, each with its line, in the order of the file.
    var sortedWarnings: [String] {
        warnings.sorted { $0.line < $1.line }.map { "line \($0.line): \($0.text)" }
    }

    /// The text of a scalar; one that is a reference to a variable as a whole, `${NAME}`, is the variable's value.
    func text(_ node: YAMLNode, as type: String = "string") throws(ConfigurationError) -> ConfigurationText {
        guard case .scalar(let text, _) = node.content else {
            throw .yaml(line: node.line, "cannot unmarshal \(node.tag) into \(type)")
        }
        guard let name = Self.variable(text) else {
            if text.contains("${") {
                warn(line: node.line, "'${' inside of a text is no variable; only a whole value is one: '${NAME}'")
            }
            return ConfigurationText(value: node.isNull ? "" : text, line: node.line, tag: node.tag, variable: nil)
        }
        guard let value = environment[name] else {
            throw ConfigurationError("kesconf: referenced env. variable '\(name)' in line '\(node.line)' not found")
        }
        return ConfigurationText(value: value, line: node.line, tag: "!!str", variable: name)
    }

    private static func variable(_ text: String) -> String? {
        let text = text.trimmed
        guard text.hasPrefix("${"), text.hasSuffix("}"), text.utf8.count > 3 else { return nil }
        let name = text.dropFirst(2).dropLast().trimmed
        return name.isEmpty || name.contains("}") ? nil : name
    }
}

/// A scalar's text, and what a message may say of it.
struct ConfigurationText {
    let value: String
    let line: Int
    let tag: String
    /// The variable that the value came from.
    let variable: String?

    /// The text as the file has it, never the value of a variable.
    var shown: String { variable.map { "${\($0)}" } ?? value }
}

/// A mapping of the file whose keys are known by name.
///
/// What nobody asked for by ``finish()`` is a key that means nothing, and a warning.
final class ConfigurationSection {
    /// `tls.proxy`; empty for the file itself.
    let path: String
    let line: Int
    let reader: ConfigurationReader
    private var entries: [(key: String, line: Int, value: YAMLNode)] = []
    private var asked: Set<String> = []
    private var children: [ConfigurationSection] = []

    init(_ node: YAMLNode, path: String, reader: ConfigurationReader) throws(ConfigurationError) {
        self.path = path
        line = node.line
        self.reader = reader
        guard !node.isNull else { return }
        guard case .mapping(let pairs) = node.content else {
            throw .yaml(line: node.line, "cannot unmarshal \(node.tag) into \(path.isEmpty ? "a configuration" : path)")
        }
        for pair in pairs {
            guard case .scalar(let key, _) = pair.key.content else { continue }
            entries.append((key, pair.key.line, pair.value))
        }
    }

    /// Every key with its value, for sections whose keys are names; none of them is unknown.
    func all() -> [(key: String, line: Int, value: YAMLNode)] {
        asked.formUnion(entries.map(\.key))
        return entries
    }

    /// The value of `key` unless it is missing or null.
    func node(_ key: String) -> YAMLNode? {
        asked.insert(key)
        guard let value = entries.first(where: { $0.key == key })?.value, !value.isNull else { return nil }
        return value
    }

    func section(_ key: String) throws(ConfigurationError) -> ConfigurationSection? {
        guard let node = node(key) else { return nil }
        return try child(node, key)
    }

    func child(_ node: YAMLNode, _ key: String) throws(ConfigurationError) -> ConfigurationSection {
        let child = try ConfigurationSection(node, path: path.isEmpty ? key : "\(path).\(key)", reader: reader)
        children.append(child)
        return child
    }

    /// `nil` when missing or empty.
    func text(_ key: String) throws(ConfigurationError) -> ConfigurationText? {
        guard let node = node(key) else { return nil }
        let text = try reader.text(node)
        return text.value.isEmpty ? nil : text
    }

    /// Also under the name that the key had in older versions.
    func string(_ key: String, orOlder old: String? = nil) throws(ConfigurationError) -> String? {
        try text(try current(key, orOlder: old))?.value
    }

    func secret(_ key: String) throws(ConfigurationError) -> SecretText? { try text(key).map { SecretText($0.value) } }

    /// The items of a list of scalars; `substitutes`: whether `${NAME}` is a variable.
    func list(_ key: String, substitutes: Bool = true) throws(ConfigurationError) -> [ConfigurationText] {
        guard let node = node(key) else { return [] }
        guard case .sequence(let items) = node.content else {
            throw .yaml(line: node.line, "cannot unmarshal \(node.tag) into []string")
        }
        var texts: [ConfigurationText] = []
        for item in items {
            if !substitutes, case .scalar(let text, _) = item.content {
                texts.append(
                    ConfigurationText(value: item.isNull ? "" : text, line: item.line, tag: item.tag, variable: nil))
            } else {
                texts.append(try reader.text(item))
            }
        }
        return texts
    }

    func duration(_ key: String) throws(ConfigurationError) -> Duration? {
        guard let node = node(key) else { return nil }
        let text = try reader.text(node, as: "time.Duration")
        guard !text.value.isEmpty else { return nil }
        guard text.tag == "!!str", let duration = try? GoDuration.parse(text.value) else {
            throw .yaml(line: text.line, "cannot unmarshal \(text.tag) `\(text.shown)` into time.Duration")
        }
        return duration
    }

    /// YAML 1.1's words, in any case.
    func boolean(_ key: String) throws(ConfigurationError) -> Bool? {
        guard let node = node(key) else { return nil }
        let text = try reader.text(node, as: "bool")
        switch text.value.lowercased() {
        case "": return nil
        case "true", "yes", "on", "y": return true
        case "false", "no", "off", "n": return false
        default: throw .yaml(line: text.line, "cannot unmarshal \(text.tag) `\(text.shown)` into bool")
        }
    }

    /// The name that the file has the value under; the older one is worth a warning, and both at once are an error.
    func current(_ key: String, orOlder old: String?) throws(ConfigurationError) -> String {
        guard let old, let line = self[line: old] else { return key }
        guard self[line: key] == nil else {
            throw .yaml(line: line, "'\(full(old))' is the older name of '\(full(key))'; give one of them")
        }
        reader.warn(line: line, "'\(full(old))' is an older name; write '\(full(key))'")
        return old
    }

    /// Takes note of a key that older versions had and that does nothing.
    func ignore(_ key: String) {
        guard let line = self[line: key] else { return }
        asked.insert(key)
        reader.warn(line: line, "'\(full(key))' has no effect any more")
    }

    /// The line of a key; does not count as asking for it.
    subscript(line key: String) -> Int? { entries.first { $0.key == key }?.line }

    /// The key's path from the file's root.
    func full(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Warns of the keys that nobody asked for, here and below.
    func finish() {
        for entry in entries where !asked.contains(entry.key) {
            reader.warn(line: entry.line, "unknown key '\(full(entry.key))' is ignored")
        }
        for child in children { child.finish() }
    }
}

extension StringProtocol {
    /// Without white space at its ends.
    var trimmed: String {
        guard let end = lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(self[...end].drop(while: \.isWhitespace))
    }
}
