import Glibc

/// A file elsewhere that says how far the drive had come: see the article <doc:RollbackEvidence>.
package struct RollbackAnchor: Sendable {
    package let path: String

    package init(_ path: String) {
        self.path = path
    }

    /// Whether the file's directory is that one, or one in it, whatever the paths' spelling.
    package func liesBelow(_ directory: String) -> Bool {
        guard let parent = realPath(parentDirectory(of: path)), let root = realPath(directory) else { return false }
        return parent == root || parent.hasPrefix("\(root)/")
    }

    enum Reading {
        case absent
        /// It is no anchor, or not this drive's.
        case foreign
        case point(HistoryPoint)

        var point: HistoryPoint? {
            if case .point(let point) = self { point } else { nil }
        }
    }

    private static let title = "coffer rollback anchor 1"

    func read(_ authenticator: any RowAuthenticator) throws(StorageError) -> Reading {
        guard let bytes = try readSmallFile(path) else { return .absent }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard lines.count == 4, lines[0] == Self.title,
            let commits = Self.value("commits", lines[1]).flatMap({ Int64($0) }),
            let chain = Self.value("chain", lines[2]).flatMap({ RowCode(hex: $0) })
        else { return .foreign }
        let point = HistoryPoint(commits: commits, chain: chain)
        guard Self.value("code", lines[3]) == Self.code(point, authenticator).hex[...] else { return .foreign }
        return .point(point)
    }

    /// - Throws: `rolledBack` when the drive with this head is not the one that the anchor is of, or an older one.
    func check(_ reading: Reading, _ head: HistoryHead) throws(StorageError) {
        switch reading {
        case .absent: guard head.marks.isEmpty else { throw .rolledBack(.anchorMissing(path: path)) }
        case .foreign: throw .rolledBack(.anchorForeign(path: path))
        case .point(let point):
            guard point.commits <= head.commits else {
                throw .rolledBack(.older(commits: head.commits, anchor: point.commits))
            }
            guard head.descends(from: point) else {
                throw .rolledBack(.otherHistory(commits: head.commits, anchor: point.commits))
            }
        }
    }

    /// Puts the file in place, durable when this returns.
    package func write(_ point: HistoryPoint, _ authenticator: any RowAuthenticator) throws(StorageError) {
        let text = """
            \(Self.title)
            commits \(point.commits)
            chain \(point.chain.hex)
            code \(Self.code(point, authenticator).hex)

            """
        try writeSmallFile(path, Array(text.utf8))
        try syncDirectory(parentDirectory(of: path))
    }

    private static func value(_ name: String, _ line: Substring) -> Substring? {
        line.hasPrefix("\(name) ") ? line.dropFirst(name.count + 1) : nil
    }

    private static func code(_ point: HistoryPoint, _ authenticator: any RowAuthenticator) -> RowCode {
        authenticator.code(
            .anchor,
            {
                $0.put(point.commits); $0.put(point.chain)
            }, room: 40)
    }
}

private func realPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
}

extension RowCode {
    /// 64 digits.
    fileprivate var hex: String {
        indices.map { hexDigits(of: self[$0], count: 16) }.joined()
    }

    fileprivate init?(hex: Substring) {
        guard hex.utf8.count == 64, hex.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }) else {
            return nil
        }
        self.init()
        var rest = hex
        for index in indices {
            guard let number = UInt64(rest.prefix(16), radix: 16) else { return nil }
            self[index] = number
            rest = rest.dropFirst(16)
        }
    }
}
