import FoundationEssentials

/// Output for programs: one JSON object a line.
enum JSONLine {
    static func print(_ value: some Encodable) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Values are of strings, numbers and flags, none of which fails to encode.
        guard let bytes = try? encoder.encode(value) else { return }
        Swift.print(String(decoding: bytes, as: UTF8.self))
    }
}
