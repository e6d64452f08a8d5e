/// The archives in which MinIO's administration carries settings and accounts from one server to another, by their files.
package enum TransferArchive {
    /// Why an archive cannot be read.
    package struct Malformed: Error, CustomStringConvertible {
        package let description: String
    }

    /// Bytes of all files of an archive together, and how many there may be.
    private static let longestContents = 128 << 20
    private static let mostFiles = 100_000

    /// What `mc admin cluster bucket export` gives: by bucket and name of a file, such as `policy.json`.
    package static func buckets(_ bytes: [UInt8]) throws(Malformed) -> [String: [String: [UInt8]]] {
        var buckets: [String: [String: [UInt8]]] = [:]
        try read(bytes) { (name, contents) throws(ZIPArchive.Malformed) in
            let parts = name.split(separator: "/").map(String.init)
            guard parts.count == 2, BucketSetting(rawValue: parts[1]) != nil else { return }
            buckets[parts[0], default: [:]][parts[1]] = try contents()
        }
        return buckets
    }

    /// What `mc admin cluster iam export` gives: by name of a file without its ending, such as `users`.
    package static func identities(_ bytes: [UInt8]) throws(Malformed) -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        try read(bytes) { (name, contents) throws(ZIPArchive.Malformed) in
            guard let file = IAMFile.allCases.first(where: { $0.path == name }) else { return }
            files[file.rawValue] = try contents()
        }
        return files
    }

    private static func read(
        _ bytes: [UInt8],
        _ take: (String, () throws(ZIPArchive.Malformed) -> [UInt8]) throws(ZIPArchive.Malformed) -> Void
    ) throws(Malformed) {
        do throws(ZIPArchive.Malformed) {
            let archive = try ZIPArchive(bytes, limit: longestContents, mostEntries: mostFiles)
            for entry in archive.entries {
                try take(entry.name) { () throws(ZIPArchive.Malformed) in try archive.contents(of: entry) }
            }
        } catch {
            throw Malformed(description: error.reason)
        }
    }
}
