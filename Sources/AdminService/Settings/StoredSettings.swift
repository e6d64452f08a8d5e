/// The settings that an administrator has set, and nothing of what stands unless it was set.
package struct StoredSettings: Hashable, Sendable {
    /// One subsystem, or one of its targets.
    package struct Address: Hashable, Comparable, Sendable, CustomStringConvertible {
        package let subsystem: String
        /// ``SettingsSubsystem/onlyTarget`` where there is one only.
        package let target: String

        package var description: String {
            target == SettingsSubsystem.onlyTarget ? subsystem : "\(subsystem):\(target)"
        }

        package static func < (one: Address, other: Address) -> Bool {
            (one.subsystem, one.target) < (other.subsystem, other.target)
        }
    }

    /// Bytes of the text that all of them make.
    package static let longestText = 256 * 1024

    package internal(set) var values: [Address: [String: String]] = [:]

    package init() {}

    package var isEmpty: Bool { values.isEmpty }

    /// The variables of the environment that would set the same, without `MINIO_`.
    package var variables: [String: String] {
        var variables: [String: String] = [:]
        for (address, keys) in values {
            guard let subsystem = SettingsSubsystem.named(address.subsystem) else { continue }
            for (key, value) in keys where key != SettingsSubsystem.comment.name {
                variables[subsystem.variable(key, target: address.target)] = value
            }
        }
        return variables
    }

    // MARK: Changes

    /// Takes in one line's settings, which replace those of the same names.
    mutating func set(_ line: SettingsLine) {
        values[line.address, default: [:]].merge(line.values) { _, new in new }
    }

    /// Takes settings away; all of the address where none are named.
    ///
    /// - Returns: false when there were none.
    mutating func remove(_ line: SettingsLine) -> Bool {
        guard var present = values[line.address] else { return false }
        if line.names.isEmpty {
            values[line.address] = nil
            return true
        }
        for name in line.names { present[name] = nil }
        values[line.address] = present.isEmpty ? nil : present
        return true
    }

    // MARK: Text

    /// One line for each address, as ``SettingsLine`` reads it.
    package var text: String {
        values.keys.sorted().map { address in
            let keys = values[address] ?? [:]
            return "\(address) "
                + keys.keys.sorted().map { "\($0)=\(SettingsLine.quoted(keys[$0] ?? ""))" }
                .joined(separator: " ")
        }.joined(separator: "\n")
    }

    /// Reads what ``text`` has made; knows nothing of what there is to set.
    package init(stored text: String) throws(SettingsMalformed) {
        for line in try SettingsLine.all(in: text) { set(line) }
    }
}

/// A text of settings that cannot be taken, and why.
package struct SettingsMalformed: Error {
    package enum Kind: Sendable {
        /// A subsystem or a key that nobody knows, or that may not be changed here.
        case name
        /// A value that is not one of its kind.
        case value
    }

    package let kind: Kind
    package let reason: String

    package init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }
}

/// One line of MinIO's configuration: `subsystem[:target] key=value key="a value"`.
struct SettingsLine: Sendable {
    let address: StoredSettings.Address
    private(set) var values: [String: String] = [:]
    /// Keys without a value, as those that are to be reset stand.
    private(set) var names: [String] = []

    /// The lines of a text; empty ones, and those that begin with `#`, say nothing.
    static func all(in text: String) throws(SettingsMalformed) -> [SettingsLine] {
        var lines: [SettingsLine] = []
        // By bytes: as characters, carriage return and line feed are one, which is not the line feed.
        for bytes in text.utf8.split(separator: UInt8(ascii: "\n")) {
            var line = Substring(bytes)
            while line.last?.isWhitespace == true { line.removeLast() }
            line = line.drop(while: \.isWhitespace)
            if line.isEmpty || line.hasPrefix("#") { continue }
            lines.append(try SettingsLine(line))
        }
        return lines
    }

    private init(_ line: Substring) throws(SettingsMalformed) {
        let name = line.prefix { !$0.isWhitespace }
        let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let target = parts.count == 2 ? String(parts[1]) : SettingsSubsystem.onlyTarget
        guard let subsystem = parts.first, !subsystem.isEmpty, !target.isEmpty else {
            throw SettingsMalformed(.name, "'\(name)' is no sub-system")
        }
        address = StoredSettings.Address(subsystem: String(subsystem), target: target)
        var rest = line.dropFirst(name.count).drop(while: \.isWhitespace)
        var last: String?
        while !rest.isEmpty {
            let word = rest.prefix { !$0.isWhitespace && $0 != "=" && $0 != "\"" }
            let isKey = !word.isEmpty && word.allSatisfy { $0.isLowercase && $0.isASCII || $0 == "_" || $0.isNumber }
            if isKey, rest.dropFirst(word.count).first == "=" {
                rest = rest.dropFirst(word.count + 1)
                let value = try Self.takeValue(&rest)
                values[String(word)] = value
                last = String(word)
            } else if let key = last, let present = values[key] {
                // A value with blanks that nobody put in quotes.
                values[key] = present + " " + (try Self.takeValue(&rest))
            } else if isKey {
                names.append(String(word))
                rest = rest.dropFirst(word.count)
            } else {
                throw SettingsMalformed(.name, "'\(rest.prefix(40))' is no key")
            }
            rest = rest.drop(while: \.isWhitespace)
        }
    }

    private static func takeValue(_ rest: inout Substring) throws(SettingsMalformed) -> String {
        guard rest.first == "\"" else {
            let value = rest.prefix { !$0.isWhitespace }
            rest = rest.dropFirst(value.count)
            return String(value)
        }
        var value = ""
        rest.removeFirst()
        while let character = rest.first {
            rest.removeFirst()
            if character == "\"" { return value }
            if character == "\\", let escaped = rest.first, escaped == "\"" || escaped == "\\" {
                rest.removeFirst()
                value.append(escaped)
            } else {
                value.append(character)
            }
        }
        throw SettingsMalformed(.value, "a value has no second quotation mark")
    }

    /// A value as a line has it.
    static func quoted(_ value: String) -> String {
        guard value.contains(where: { $0.isWhitespace || $0 == "\"" || $0 == "\\" }) else { return value }
        let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"\(escaped)\""
    }
}
