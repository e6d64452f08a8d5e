import Console
import JSON
import Testing

/// The page's modules and style sheets, joined.
@Suite struct BundleTests {
    @Test func `the page's own files can be joined`() throws {
        let files = try PageFiles(PageSources.embedded, isFixed: true)
        let script = try #require(files["app.js"])
        #expect(String(decoding: script.bytes, as: UTF8.self).contains("$modules[\"pages/buckets.js\"]"))
        let sheet = String(decoding: try #require(files["console.css"]).bytes, as: UTF8.self)
        #expect(!sheet.contains("@import") && sheet.contains("--canvas"))
        #expect(files["index.html"] == nil)
        let page = String(decoding: try #require(files.index).bytes, as: UTF8.self)
        #expect(page.contains("./assets/\(files.hash)/app.js"))
    }

    @Test func `what a module takes and gives becomes a function`() throws {
        let bundle = try ScriptBundle(
            entry: "app.js",
            [
                (
                    "app.js",
                    "import { twice as two } from \"./lib/twice.js\";\nimport words from \"./words.js\";\ntwo(words);"
                ),
                ("lib/twice.js", "const n = 2;\nexport function twice(x) { return n * x; }\nexport { n };"),
                ("words.js", "export default {\n  a: import.meta.url,\n};"),
                ("late.js", "export const late = () => import(\"./words.js\");"),
            ].map { ($0.0, Array($0.1.utf8)) })
        let script = String(decoding: bundle.script, as: UTF8.self)
        for line in [
            "const { twice: two } = $use(\"lib/twice.js\");", "const { default: words } = $use(\"words.js\");",
            "return { twice, n };", "const $default = {", "  a: $address(\"words.js\"),",
            "return { default: $default };",
            "const late = () => $load(\"late.js\", \"./words.js\");",
        ] { #expect(script.contains(line), "\(line)") }
        #expect(script.hasSuffix("two(words);\n//# sourceMappingURL=app.js.map\n"))
    }

    /// Each line of the joined file has its place in the map, in the source that it came from.
    @Test func `every line leads back to its source`() throws {
        let sources = [
            (name: "a.js", text: "import { b } from \"./b.js\";\nb();\nthrow new Error(\"a\");"),
            (name: "b.js", text: "// b\nexport const b = () => 1;"),
        ]
        let bundle = try ScriptBundle(entry: "a.js", sources.map { ($0.name, Array($0.text.utf8)) })
        let map = try #require(JSONValue(bundle.map))
        let mapped = try Mappings(try #require(map["mappings"]?.string)).lines
        let lines = String(decoding: bundle.script, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        for (index, place) in mapped.enumerated() {
            guard let place else { continue }
            let source = sources[place.source].text.split(separator: "\n", omittingEmptySubsequences: false)[place.line]
            if !source.contains("import"), !source.contains("export") { #expect(lines[index] == source) }
        }
        #expect(
            mapped.compactMap { $0 }.map { [$0.source, $0.line] } == [[1, 0], [1, 1], [0, 0], [0, 1], [0, 2]])
        #expect(map["sourcesContent"]?.elements?.compactMap(\.string) == sources.map(\.text))
    }

    @Test(arguments: [
        ("import { b } from \"./none.js\";", "a.js:1: there is no module none.js"),
        ("\nimport { none } from \"./b.js\";", "a.js:2: b.js exports no none"),
        ("import {", "a.js:1: an import that is not one line of names and a relative address"),
        ("import { b } from \"b\";", "a.js:1: an import that is not one line of names and a relative address"),
        ("export let x = 1;", "a.js:1: an export of another kind"),
        ("import { c } from \"./c.js\";\nexport const a = 1;", "c.js:1: a.js imports this module in turn"),
    ])
    func `what cannot be joined is told by file and line`(_ source: String, _ message: String) {
        #expect {
            _ = try ScriptBundle(
                entry: "a.js",
                [
                    ("a.js", source), ("b.js", "export const b = 1;"),
                    ("c.js", "import { a } from \"./a.js\";\nexport const c = a;"),
                ].map { ($0.0, Array($0.1.utf8)) })
        } throws: { error in "\(error)" == message }
    }
}

/// A source map's mappings, for tests: at most one place a line.
private struct Mappings {
    private(set) var lines: [(source: Int, line: Int)?] = []

    init(_ text: String) throws {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var (source, line) = (0, 0)
        for segment in text.split(separator: ";", omittingEmptySubsequences: false) {
            guard !segment.isEmpty else {
                lines.append(nil)
                continue
            }
            var numbers: [Int] = []
            var (value, shift) = (0, 0)
            for digit in segment {
                let bits = try #require(digits.firstIndex(of: digit))
                value |= (bits & 31) << shift
                shift += 5
                guard bits & 32 == 0 else { continue }
                numbers.append(value & 1 == 1 ? -(value >> 1) : value >> 1)
                (value, shift) = (0, 0)
            }
            #expect(numbers.count == 4 && numbers[0] == 0 && numbers[3] == 0)
            source += numbers[1]
            line += numbers[2]
            lines.append((source, line))
        }
    }
}
