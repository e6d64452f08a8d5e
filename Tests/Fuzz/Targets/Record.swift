import Accounts
import Cryptography
import Encryption
import ObjectStorage
import SealedStorage

extension FuzzTarget {
    /// The plaintext of records, whose kind the first byte says.
    ///
    /// What is read and written is read the same again.
    static let record = FuzzTarget("record") { (bytes) throws(BrokenPromise) in
        guard let kind = bytes.first else { return }
        let record = Array(bytes.dropFirst())
        switch kind % 7 {
        case 0:
            let version = VersionID(order: 1, random: 1)
            try again(record, { try ObjectRecord(decoding: $0, version: version) }, written: { $0.encoded() })
        case 1:
            let upload = UploadID(high: 1, low: 1)
            try again(record, { try UploadRecord(decoding: $0, upload: upload) }, written: { $0.encoded() })
        case 2: try again(record, { try PartRecord(decoding: $0) }, written: { $0.encoded() })
        case 3:
            let rule = VersioningRule(.enabled)
            try again(record, { try BucketRecord(decoding: $0, rule) }, written: { $0.encoded() })
        case 4: try again(record, { try PartManifest(decoding: $0) }, written: { $0.encoded() })
        case 5: try again(record, { try AccountRecord(decoding: $0) }, written: { $0.encoded() })
        default:
            guard let secret = SecretKey([UInt8](repeating: 5, count: 32)) else { return }
            let sealer = RecordSealer(catalogueKey: secret)
            let opened = try? sealer.open(record, kind: .object, id: [1], associatedData: [])
            try require(opened == nil, "a record that nobody sealed opened")
        }
    }

    private static func again<Record>(
        _ bytes: [UInt8], _ decode: ([UInt8]) throws -> Record, written: (Record) -> [UInt8]
    ) throws(BrokenPromise) {
        guard let record = try? decode(bytes) else { return }
        let once = written(record)
        guard let second = try? decode(once) else { throw BrokenPromise("what was written is refused: \(once)") }
        try require(written(second) == once, "written and read it differs: \(once)")
    }
}
