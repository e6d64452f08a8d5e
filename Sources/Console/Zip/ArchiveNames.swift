/// Names of an archive's members: none of them leads out of the folder that it is unpacked in, none is there twice.
struct ArchiveNames {
    /// Bytes of all names: what an archive's directory is made of stays in memory until its end.
    private static let mostBytes = 16 << 20

    private var taken: Set<String> = []
    /// The last number that was given to a name, so that very many of one are not counted anew each time.
    private var numbers: [String: Int] = [:]
    private var bytes = 0

    /// What systems of yore have devices by.
    private static let devices: Set<String> = Set(
        ["con", "prn", "aux", "nul"] + (1...9).flatMap { ["com\($0)", "lpt\($0)"] })

    /// Nil for a key that is only a folder.
    ///
    /// - Throws: when there are more than an archive can be made of.
    mutating func name(of key: String, under: String) throws(ConsoleError) -> String? {
        let rest =
            key.utf8.starts(with: under.utf8)
            ? String(decoding: Array(key.utf8.dropFirst(under.utf8.count)), as: UTF8.self) : key
        guard !rest.hasSuffix("/") else { return nil }
        let parts = rest.split { $0 == "/" || $0 == "\\" }.map { Self.clean(String($0)) }.filter { !$0.isEmpty }
        guard let last = parts.last else { return nil }
        let folder = parts.dropLast().map { $0 + "/" }.joined()
        let plain = folder + last
        var name = plain
        while !taken.insert(name.lowercased()).inserted {
            let number = (numbers[plain.lowercased()] ?? 1) + 1
            numbers[plain.lowercased()] = number
            name = folder + Self.numbered(last, number)
        }
        bytes += name.utf8.count + 64
        guard bytes <= Self.mostBytes else { throw .invalid("There are too many objects for one archive.") }
        return name
    }

    private static func clean(_ part: String) -> String {
        var part = FileName.clean(part)
        while let last = part.last, last == "." || last == " " { part.removeLast() }
        while part.first == " " { part.removeFirst() }
        if devices.contains(part.prefix { $0 != "." }.lowercased()) { part = "_" + part }
        return part
    }

    /// The number stands before what follows the last dot: `name (2).txt`.
    private static func numbered(_ name: String, _ number: Int) -> String {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "\(name) (\(number))" }
        return "\(name[..<dot]) (\(number))\(name[dot...])"
    }
}
