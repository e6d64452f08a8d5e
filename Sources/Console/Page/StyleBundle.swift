/// A style sheet with those that it imports in it.
enum StyleBundle {
    /// - Parameter sources: name and text of every sheet there is.
    /// - Throws: for an import of what is not there.
    static func sheet(_ entry: String, _ sources: [(name: String, text: String)]) throws(BundleError) -> String {
        guard let text = sources.first(where: { $0.name == entry })?.text else {
            throw BundleError(entry, 1, "there is no such file")
        }
        var sheet = ""
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard line.hasPrefix("@import ") else {
                sheet += line + "\n"
                continue
            }
            let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
            guard parts.count == 3, let name = ScriptModule.resolve(parts[1], entry),
                let imported = sources.first(where: { $0.name == name })
            else { throw BundleError(entry, index + 1, "an import of no style sheet that there is") }
            sheet += imported.text
        }
        return sheet
    }
}
