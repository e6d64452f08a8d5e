import FoundationEssentials
import Glibc
import Maintenance

/// A file with a JSON line per version.
final class ImportReport {
    private struct Line: Encodable {
        let bucket: String
        let key: String
        let version: String?
        let size: Int64
        let outcome: String
        var newVersion: String?
        var reason: String?
        var detail: String?
    }

    private let file: UnsafeMutablePointer<FILE>
    private let path: String
    private let encoder = JSONEncoder()

    /// - Parameter path: of a new file, or one that is written over.
    init(_ path: String) throws(StartFailure) {
        guard let file = fopen(path, "we") else { throw StartFailure("\(path): \(String(cString: strerror(errno)))") }
        self.file = file
        self.path = path
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    func note(_ item: ImportedItem) throws {
        var line: Line
        switch item.outcome {
        case .imported(let version, let note):
            line = Line(
                bucket: item.bucket, key: item.key, version: item.version, size: item.size, outcome: "imported")
            line.newVersion = version
            line.detail = note
        case .skipped(let reason, let detail):
            line = Line(
                bucket: item.bucket, key: item.key, version: item.version, size: item.size, outcome: "skipped")
            line.reason = reason.rawValue
            line.detail = detail.isEmpty ? nil : detail
        }
        let bytes = try encoder.encode(line) + [0x0a]
        let written = bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
        guard written == bytes.count else { throw StartFailure("\(path): \(String(cString: strerror(errno)))") }
    }

    func close() throws(StartFailure) {
        guard fclose(file) == 0 else { throw StartFailure("\(path): \(String(cString: strerror(errno)))") }
    }
}
