import FoundationEssentials
import Glibc

/// A file of one JSON object a line.
final class JSONLinesFile {
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

    func write(_ line: some Encodable) throws {
        let bytes = try encoder.encode(line) + [0x0a]
        let written = bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
        guard written == bytes.count else { throw StartFailure("\(path): \(String(cString: strerror(errno)))") }
    }

    func close() throws(StartFailure) {
        guard fclose(file) == 0 else { throw StartFailure("\(path): \(String(cString: strerror(errno)))") }
    }
}
