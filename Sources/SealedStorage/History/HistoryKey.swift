import Cryptography
import Encryption
import ObjectStorage

/// What authenticates the history of a drive: a key made of its catalogue key.
struct HistoryKey: RowAuthenticator {
    private let sealer: RecordSealer
    private let key: SecretKey

    init(_ sealer: RecordSealer) {
        self.sealer = sealer
        key = sealer.historyKey()
    }

    func code(_ message: UnsafeRawBufferPointer) -> RowCode {
        withUnsafeTemporaryAllocation(byteCount: HMACSHA256.byteCount, alignment: 8) { output in
            HMACSHA256.code(message, key: key, into: output)
            var code = RowCode()
            for index in code.indices {
                code[index] = UInt64(bigEndian: output.load(fromByteOffset: index * 8, as: UInt64.self))
            }
            return code
        }
    }

    func isAuthentic(_ record: CoveredRecord) -> Bool { sealer.isAuthentic(record) }

    func seal(_ head: [UInt8], commits: Int64) -> [UInt8] {
        sealer.seal(head, kind: .history, id: Self.id(commits), associatedData: [])
    }

    func open(_ sealed: [UInt8], commits: Int64) -> [UInt8]? {
        try? sealer.open(sealed, kind: .history, id: Self.id(commits), associatedData: [])
    }

    private static func id(_ commits: Int64) -> [UInt8] { withUnsafeBytes(of: commits.bigEndian) { [UInt8]($0) } }
}
