import AdminService
import Cryptography

extension FuzzTarget {
    /// Settings as `mc admin config` sends them: what is kept is read the same again.
    static let settings = FuzzTarget("settings") { (bytes) throws(BrokenPromise) in
        guard let settings = try? StoredSettings(stored: bytes.text) else { return }
        let again = try? StoredSettings(stored: settings.text)
        try require(again == settings, "written and read it differs: \(settings.text)")
    }

    /// A batch job's document.
    static let job = FuzzTarget("job") { (bytes) throws(BrokenPromise) in
        _ = try? JobDefinition(bytes.text)
    }

    /// An archive of buckets' settings or of identities, and an encrypted body.
    static let zip = FuzzTarget("zip") { (bytes) throws(BrokenPromise) in
        let limit = 1 << 16
        if let archive = try? ZIPArchive(bytes, limit: limit, mostEntries: 100) {
            var total = 0
            for entry in archive.entries {
                guard let contents = try? archive.contents(of: entry) else { continue }
                total += contents.count
                try require(total <= limit, "\(total) bytes of \(limit)")
            }
        }
        if let key = SecretKey([UInt8](repeating: 7, count: 32)), let header = try? EncryptedBody.Header(bytes),
            let opened = try? EncryptedBody.open(bytes, header, key: key)
        {
            throw BrokenPromise("a body that nobody sealed: \(opened.count) bytes")
        }
    }
}
