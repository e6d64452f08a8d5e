import JSON

/// The page's modules in one file: a browser makes one request for all of them.
///
/// Each module is a function that is called when it is first imported, and gives what it exports; the entry's lines stand
/// last, so that it may wait at its top. Every line is one of a source, which the map finds.
package struct ScriptBundle: Sendable {
    package let script: [UInt8]
    /// In the form of ECMA-426.
    package let map: [UInt8]

    /// - Parameters:
    ///   - entry: the module that the page begins with.
    ///   - sources: name and text of every module there is.
    /// - Throws: for what ``ScriptModule`` does not understand, a module or name that is not there, and modules that import
    ///   each other.
    package init(entry: String, _ sources: [(name: String, bytes: [UInt8])]) throws(BundleError) {
        var modules: [ScriptModule] = []
        for (name, bytes) in sources { modules.append(try ScriptModule(name, bytes)) }
        try Self.check(modules)
        var map = SourceMap()
        var script = Array(Self.beginning.utf8)
        map.skip(lines: Self.beginning.utf8.count { $0 == UInt8(ascii: "\n") })
        for (index, module) in modules.enumerated() where module.name != entry {
            script += "$modules[\"\(module.name)\"] = () => {\n".utf8
            map.skip(lines: 1)
            script += module.lines.joined(separator: [UInt8(ascii: "\n")])
            map.add(lines: module.lines.count, ofSource: index)
            let exports = module.exports.map { $0 == "default" ? "default: $default" : $0 }
            script += "\nreturn { \(exports.joined(separator: ", ")) };\n};\n".utf8
            map.skip(lines: 2)
        }
        guard let index = modules.firstIndex(where: { $0.name == entry }) else {
            throw BundleError(entry, 1, "there is no such file")
        }
        script += modules[index].lines.joined(separator: [UInt8(ascii: "\n")])
        map.add(lines: modules[index].lines.count, ofSource: index)
        let file = entry.split(separator: "/").last.map(String.init) ?? entry
        self.script = script + "\n//# sourceMappingURL=\(file).map\n".utf8
        self.map = map.document(sources)
    }

    /// What the modules are rewritten to use.
    private static let beginning = """
        // The modules of the console's page, joined: the map has the files as they are written.
        const $modules = {};
        const $made = {};
        const $use = (name) => ($made[name] ??= $modules[name]());
        const $address = (name) => new URL(name, import.meta.url).href;
        const $load = async (base, address) => $use(new URL(address, `file:///${base}`).pathname.slice(1));

        """

    private static func check(_ modules: [ScriptModule]) throws(BundleError) {
        let byName = Dictionary(modules.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for module in modules {
            for one in module.imports {
                guard let other = byName[one.module] else {
                    throw BundleError(module.name, one.line, "there is no module \(one.module)")
                }
                if let missing = one.names.first(where: { !other.exports.contains($0) }) {
                    throw BundleError(module.name, one.line, "\(one.module) exports no \(missing)")
                }
            }
        }
        // A function that gives a module's exports cannot give them before it has ended.
        var done: Set<String> = []
        for module in modules { try visit(module, byName, [], &done) }
    }

    private static func visit(
        _ module: ScriptModule, _ byName: [String: ScriptModule], _ path: [String], _ done: inout Set<String>
    ) throws(BundleError) {
        guard !done.contains(module.name) else { return }
        for one in module.imports {
            guard one.module != module.name, !path.contains(one.module) else {
                throw BundleError(module.name, one.line, "\(one.module) imports this module in turn")
            }
            if let other = byName[one.module] { try visit(other, byName, path + [module.name], &done) }
        }
        done.insert(module.name)
    }
}

/// Which line of which source each line of a joined file is.
struct SourceMap: Sendable {
    private var mappings = ""
    private var source = 0
    private var line = 0

    /// Lines that are of no source.
    mutating func skip(lines: Int) { mappings += String(repeating: ";", count: lines) }

    /// The lines of a source, from its first.
    mutating func add(lines count: Int, ofSource index: Int) {
        for number in 0..<count {
            mappings += "A" + Self.number(index - source) + Self.number(number - line) + "A;"
            source = index
            line = number
        }
    }

    /// The lines must be all there are of the file.
    func document(_ sources: [(name: String, bytes: [UInt8])]) -> [UInt8] {
        JSONValue.object([
            "version": .number("3"), "names": .array([]), "sources": .strings(sources.map(\.name)),
            "sourcesContent": .strings(sources.map { String(decoding: $0.bytes, as: UTF8.self) }),
            "mappings": .string(mappings),
        ]).bytes
    }

    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

    /// In Base64 digits of five bits, the lowest first; the sign is the lowest bit of all.
    private static func number(_ value: Int) -> String {
        var rest = value < 0 ? -value << 1 | 1 : value << 1
        var text = ""
        repeat {
            let digit = rest & 31
            rest >>= 5
            text.append(digits[rest > 0 ? digit | 32 : digit])
        } while rest > 0
        return text
    }
}
