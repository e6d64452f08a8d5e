import Foundation

/// Reads a file of the repository's `data` directory.
func repositoryData(_ path: String, from test: String = #filePath) throws -> Data {
    let root = URL(filePath: test).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    return try Data(contentsOf: root.appending(path: "data/\(path)"))
}
