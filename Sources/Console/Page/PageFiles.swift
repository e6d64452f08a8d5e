import Cryptography

/// What a browser may ask for: the page, its modules and style sheets joined, and every other file as it is written.
package struct PageFiles: Sendable {
    /// Of all files: another content of any of them has another.
    package let hash: String
    /// The page itself.
    package let index: PageFile?
    private let files: [String: PageFile]
    /// What a visit asks for.
    private let usual: [PageFile]

    private static let script = "app.js"
    private static let sheet = "console.css"

    /// Some ten milliseconds.
    ///
    /// - Parameters:
    ///   - sources: in the order of their names.
    ///   - isFixed: whether the page names its parts by addresses that have the hash in them.
    /// - Throws: for modules and style sheets that cannot be joined.
    package init(_ sources: [(name: String, bytes: [UInt8])], isFixed: Bool) throws(BundleError) {
        let hash = Self.hash(sources)
        var files = Dictionary(
            sources.map { ($0.name, PageFile($0.name, $0.bytes)) }, uniquingKeysWith: { first, _ in first })
        func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
        func put(_ name: String, _ bytes: [UInt8]) { files[name] = PageFile(name, bytes) }
        let scripts = sources.filter { $0.name.hasSuffix(".js") && $0.name != "boot.js" }
        let bundle = try ScriptBundle(entry: Self.script, scripts)
        put(Self.script, bundle.script)
        put("\(Self.script).map", bundle.map)
        let sheets = sources.filter { $0.name.hasSuffix(".css") }
        put(Self.sheet, Array(try StyleBundle.sheet(Self.sheet, sheets.map { ($0.name, text($0.bytes)) }).utf8))
        // The page itself is at its own address only.
        files["index.html"] = nil
        index = sources.first { $0.name == "index.html" }.map { _, bytes in
            let page = text(bytes)
            return PageFile(
                "index.html", Array((isFixed ? page.replacingEach("./assets/", by: "./assets/\(hash)/") : page).utf8))
        }
        usual = [index, files[Self.script], files[Self.sheet], files["boot.js"], files["icons.svg"], files["mark.svg"]]
            .compactMap(\.self)
        self.hash = hash
        self.files = files
    }

    package subscript(_ name: String) -> PageFile? { files[name] }

    /// Compresses what visits ask for, so that no request waits for it.
    func compress() {
        for file in usual { _ = file.compressed }
    }

    private static func hash(_ sources: [(name: String, bytes: [UInt8])]) -> String {
        let digest = Digest(.sha256)
        for (name, bytes) in sources {
            digest.update(Array("\(name)\u{0}\(bytes.count)\u{0}".utf8))
            digest.update(bytes)
        }
        return String(Hex.encode(digest.finalize()).prefix(16))
    }
}
