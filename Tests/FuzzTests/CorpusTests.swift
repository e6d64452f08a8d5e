import Foundation
import Fuzz
import Testing

/// Every input that was kept, read by its target without a fuzzer: what was mended once stays mended.
@Suite struct CorpusTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fuzz/Corpus")

    @Test(arguments: FuzzTarget.all)
    func `inputs that were kept are read`(target: FuzzTarget) throws {
        let folder = Self.folder.appending(path: target.name)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        for file in files {
            let input = [UInt8](try Data(contentsOf: file))
            // And cut, which most readers have to refuse.
            for length in Set([input.count, input.count / 2, max(0, input.count - 1)]) {
                do throws(BrokenPromise) {
                    try target.read(Array(input.prefix(length)))
                } catch {
                    Issue.record("\(target.name), \(file.lastPathComponent), \(length) bytes: \(error)")
                }
            }
        }
    }

    @Test func `every target has a corpus, and every corpus a target`() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(Set(folders) == Set(FuzzTarget.all.map(\.name)))
    }
}

extension FuzzTarget: CustomTestStringConvertible {
    public var testDescription: String { name }
}
