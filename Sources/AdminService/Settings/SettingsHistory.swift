import Cryptography
import FoundationEssentials
import S3Protocol
import SealedStorage

/// What was set before, for whoever wants to go back.
struct SettingsHistory: Codable, Sendable {
    struct Entry: Codable, Sendable {
        /// A UUID.
        let restoreID: String
        /// Milliseconds since 1970.
        let created: Int64
        /// As it was sent.
        let text: String
    }

    /// Entries that are kept, and bytes of their texts together.
    private static let mostEntries = 100
    private static let mostBytes = 1 << 20

    /// The oldest first.
    var entries: [Entry] = []

    mutating func add(_ entry: Entry) {
        entries.append(entry)
        while entries.count > Self.mostEntries
            || entries.count > 1 && entries.reduce(0, { $0 + $1.text.utf8.count }) > Self.mostBytes
        {
            entries.removeFirst()
        }
    }

    static func newID() -> String {
        var digits = Hex.encode(SecureRandom.bytes(16))
        for place in [20, 16, 12, 8] { digits.insert("-", at: digits.index(digits.startIndex, offsetBy: place)) }
        return digits
    }
}

/// The settings and their history as they are stored.
struct SettingsRecord: Sendable {
    var settings = StoredSettings()
    var history = SettingsHistory()

    init() {}

    private struct Document: Codable {
        let text: String
        let history: SettingsHistory
    }

    init(_ bytes: [UInt8]) throws {
        let corruption = Corruption(what: "configuration of the server")
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)) else { throw corruption }
        do {
            settings = try StoredSettings(stored: document.text)
        } catch {
            throw corruption
        }
        history = document.history
    }

    func encoded() -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let document = Document(text: settings.text, history: history)
        // A document of strings and integers, which always encodes.
        return (try? encoder.encode(document)).map { [UInt8]($0) } ?? []
    }
}
