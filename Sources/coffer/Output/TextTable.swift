import Glibc

/// Columns of text for people: as wide as they need to be, with a head in bold on a terminal.
struct TextTable {
    private let head: [String]
    private var rows: [[String]] = []

    init(_ head: String...) { self.head = head }

    mutating func add(_ cells: String...) { rows.append(cells) }

    /// The lines; no column has blanks behind it in the last place.
    var text: String {
        let all = [head] + rows
        let widths = head.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.enumerated().map { number, cells in
            var line = cells.enumerated().map { column, cell in
                cell + String(repeating: " ", count: widths[column] - cell.count)
            }.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return number == 0 ? TerminalText.bold(line) : line
        }.joined(separator: "\n")
    }

    func print() { Swift.print(text) }
}

/// What a terminal shows otherwise than a file: attributes, and no control characters of anybody else's.
enum TerminalText {
    static let isPresent = isatty(STDOUT_FILENO) == 1

    static func bold(_ text: String) -> String { wrapped(text, "1") }
    static func red(_ text: String) -> String { wrapped(text, "31") }
    static func green(_ text: String) -> String { wrapped(text, "32") }

    private static func wrapped(_ text: String, _ code: String) -> String {
        isPresent ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }

    /// A name of others' making as it is for a file or a program, and for a terminal without what it would act on.
    static func shown(_ text: String) -> String { isPresent ? plain(text) : text }

    /// Names of others' making without what a terminal would act on.
    static func plain(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : $0 }))
    }

    /// Seconds as people say them: `3d 4h`.
    static func duration(_ seconds: Int64) -> String {
        switch seconds {
        case ..<60: "\(seconds)s"
        case ..<3600: "\(seconds / 60)m \(seconds % 60)s"
        case ..<86400: "\(seconds / 3600)h \(seconds % 3600 / 60)m"
        default: "\(seconds / 86400)d \(seconds % 86400 / 3600)h"
        }
    }
}
