/// One of the page's modules, line by line, as a function's body in place of a file.
///
/// The page's sources keep to what is understood here: `import` and `export` stand at the beginning of a line, an import
/// is one line, and names of an export are declared there or listed in braces.
struct ScriptModule: Sendable {
    let name: String
    /// As many as the source has.
    private(set) var lines: [ArraySlice<UInt8>] = []
    /// The names that others may take.
    private(set) var exports: [String] = []
    private(set) var imports: [Import] = []

    struct Import: Sendable {
        /// Empty for a module that is only run.
        let names: [String]
        let module: String
        /// Counted from one.
        let line: Int
    }

    init(_ name: String, _ source: [UInt8]) throws(BundleError) {
        self.name = name
        for (index, line) in source.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
        {
            // Few lines have anything to be rewritten.
            let isPlain = !line.starts(with: "export ".utf8) && !Self.mentionsImport(line)
            lines.append(
                isPlain ? line : Array(try rewritten(String(decoding: line, as: UTF8.self), index + 1).utf8)[...])
        }
    }

    private static func mentionsImport(_ line: ArraySlice<UInt8>) -> Bool {
        line.indices.contains { line[$0] == UInt8(ascii: "i") && line[$0...].starts(with: "import".utf8) }
    }

    private mutating func rewritten(_ line: String, _ number: Int) throws(BundleError) -> String {
        if line.hasPrefix("import "), !line.hasPrefix("import (") { return try imported(line[...], number) }
        let text = line.hasPrefix("export ") ? try exported(line.dropFirst("export ".count), number) : line
        return text.replacingEach("import.meta.url", by: "$address(\"\(name)\")")
            .replacingEach("import(", by: "$load(\"\(name)\", ")
    }

    /// `import { a, b as c } from "./other.js";`, or a name in place of the braces: what the other exports by default.
    private mutating func imported(_ line: Substring, _ number: Int) throws(BundleError) -> String {
        let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[2] == ";", parts[0].hasSuffix(" from "), let module = Self.resolve(parts[1], name)
        else { throw BundleError(name, number, "an import that is not one line of names and a relative address") }
        let clause = parts[0].dropFirst("import ".count).dropLast(" from ".count)
        var names: [String] = []
        var taken: [String] = []
        for (name, alias) in clause.hasPrefix("{") ? try Self.list(clause, name, number) : [("default", String(clause))]
        {
            names.append(name)
            taken.append(name == alias ? name : "\(name): \(alias)")
        }
        imports.append(Import(names: names, module: module, line: number))
        return "const { \(taken.joined(separator: ", ")) } = $use(\"\(module)\");"
    }

    private mutating func exported(_ rest: Substring, _ number: Int) throws(BundleError) -> String {
        if rest.hasPrefix("{") {
            for (name, alias) in try Self.list(rest, name, number) {
                guard name == alias else { throw BundleError(self.name, number, "an export by another name") }
                exports.append(name)
            }
            return ""
        }
        if rest.hasPrefix("default ") {
            exports.append("default")
            return "const $default = \(rest.dropFirst("default ".count))"
        }
        let words = rest.split(
            maxSplits: 8, whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "$") })
        let kind = words.drop { $0 == "async" }
        guard let declared = kind.dropFirst().first, ["function", "class", "const"].contains(kind.first) else {
            throw BundleError(name, number, "an export of another kind")
        }
        exports.append(String(declared))
        return String(rest)
    }

    /// `{ a, b as c }`, perhaps with a semicolon.
    private static func list(
        _ clause: Substring, _ module: String, _ number: Int
    ) throws(BundleError) -> [(name: String, alias: String)] {
        guard let end = clause.firstIndex(of: "}") else { throw BundleError(module, number, "a list of several lines") }
        return clause[clause.index(after: clause.startIndex)..<end].split(separator: ",").map { item in
            let words = item.split(separator: " ")
            return (String(words.first ?? ""), String(words.last ?? ""))
        }
    }

    /// The name of the file that `address` is from within the file `base`; nil unless it is relative.
    static func resolve(_ address: Substring, _ base: String) -> String? {
        guard address.hasPrefix("./") || address.hasPrefix("../") else { return nil }
        var folders = base.split(separator: "/").dropLast()
        for part in address.split(separator: "/") {
            switch part {
            case ".": break
            case "..":
                guard !folders.isEmpty else { return nil }
                folders.removeLast()
            default: folders.append(part)
            }
        }
        return folders.joined(separator: "/")
    }
}

/// Why the page's files cannot be joined.
package struct BundleError: Error, CustomStringConvertible {
    package let description: String

    /// - Parameter line: counted from one.
    init(_ file: String, _ line: Int, _ reason: String) { description = "\(file):\(line): \(reason)" }
}

extension String {
    func replacingEach(_ text: String, by other: String) -> String {
        var result = ""
        var rest = self[...]
        while let range = rest.firstRange(of: text) {
            result += rest[..<range.lowerBound] + other
            rest = rest[range.upperBound...]
        }
        return result + rest
    }
}
