import Encryption
import KeyManagement
package import SealedStorage

/// What a verification has looked at and found; of a piece of it, or of pieces added up.
package struct VerifyReport: Codable, Hashable, Sendable {
    /// Versions of objects that are no delete markers, and annotations.
    package var objects: Int64 = 0
    package var deleteMarkers: Int64 = 0
    /// Uploads in progress.
    package var uploads: Int64 = 0
    /// Parts of objects and of uploads.
    package var parts: Int64 = 0
    /// Sealed records without bytes: buckets, settings, accounts, events, receipts.
    package var records: Int64 = 0
    /// Blob files.
    package var files: Int64 = 0
    /// Bytes of plaintext of the objects, and of the same bytes again where several share them.
    package var bytes: Int64 = 0
    /// Everything that was found, by kind.
    package var counts: [String: Int64] = [:]
    /// The first of it.
    package var findings: [DriveFinding] = []
    /// How objects are encrypted.
    package var encryption: [EncryptionTally] = []
    /// What was not looked at, and why.
    package var skipped: [String] = []

    /// How many findings are named; the others are counted.
    package static let mostNamed = 1000
    private static let mostTallies = 1000

    package init() {}

    package func count(_ kind: DriveFinding.Kind) -> Int64 { counts[kind.rawValue] ?? 0 }

    /// Keeps the first findings alone; the counts stay.
    mutating func forget(findingsBeyond count: Int) {
        if findings.count > count { findings.removeLast(findings.count - count) }
    }

    package mutating func add(_ finding: DriveFinding) {
        counts[finding.kind.rawValue, default: 0] += 1
        if findings.count < Self.mostNamed { findings.append(finding) }
    }

    mutating func add(_ findings: [DriveFinding]) { for finding in findings { add(finding) } }

    /// Adds what another piece has found.
    package mutating func add(_ other: VerifyReport) {
        objects += other.objects
        deleteMarkers += other.deleteMarkers
        uploads += other.uploads
        parts += other.parts
        records += other.records
        files += other.files
        bytes = bytes.addingReportingOverflow(other.bytes).overflow ? .max : bytes + other.bytes
        counts.merge(other.counts) { $0 + $1 }
        findings += other.findings.prefix(max(0, Self.mostNamed - findings.count))
        for tally in other.encryption { add(tally) }
        for what in other.skipped where !skipped.contains(what) { skipped.append(what) }
    }

    mutating func add(_ tally: EncryptionTally) {
        if let index = encryption.firstIndex(where: { $0.isOfSameKey(as: tally) }) {
            encryption[index].add(tally)
        } else if encryption.count < Self.mostTallies {
            encryption.append(tally)
        } else {
            let others = EncryptionTally(others: tally)
            if let index = encryption.firstIndex(where: { $0.isOfSameKey(as: others) }) {
                encryption[index].add(others)
            } else {
                encryption.append(others)
            }
        }
    }
}

/// How many objects are encrypted by one scheme under one version of one key.
package struct EncryptionTally: Codable, Hashable, Sendable {
    /// `SSE-S3`, `SSE-KMS`, `DSSE-KMS`, `SSE-C`, or `other keys` beyond the first thousand.
    package let scheme: String
    /// The key of the key service; `nil` under a client's key.
    package let kmsKey: String?
    /// Where the wrapped data key tells it.
    package let keyVersion: UInt32?
    package var objects: Int64 = 0
    /// Bytes of plaintext.
    package var bytes: Int64 = 0
    /// Objects of which every package is authentic.
    package var authentic: Int64 = 0
    /// Objects whose first and last packages are: of a sample, or sharing their bytes with an object that was read whole.
    package var edges: Int64 = 0
    /// Objects under a client's key: row, record, length and header are right.
    package var customerKey: Int64 = 0
    /// Objects that did not open.
    package var notOpened: Int64 = 0

    init(_ proof: DriveCheck.Proof) {
        scheme = proof.scheme.title
        kmsKey = proof.kmsKey
        keyVersion =
            switch proof.keyVersion {
            case .number(let number): number
            case .unknown, nil: nil
            }
        objects = 1
        bytes = max(0, proof.size)
        switch proof.content {
        case .authentic: authentic = 1
        case .edges: edges = 1
        case .customerKey: customerKey = 1
        case .notOpened: notOpened = 1
        }
    }

    init(others tally: EncryptionTally) {
        scheme = "other keys"
        kmsKey = nil
        keyVersion = nil
        add(tally)
    }

    func isOfSameKey(as other: EncryptionTally) -> Bool {
        scheme == other.scheme && kmsKey == other.kmsKey && keyVersion == other.keyVersion
    }

    mutating func add(_ other: EncryptionTally) {
        objects += other.objects
        bytes = bytes.addingReportingOverflow(other.bytes).overflow ? .max : bytes + other.bytes
        authentic += other.authentic
        edges += other.edges
        customerKey += other.customerKey
        notOpened += other.notOpened
    }
}

extension EncryptionScheme {
    fileprivate var title: String {
        switch self {
        case .sseS3: "SSE-S3"
        case .sseKMS: "SSE-KMS"
        case .sseC: "SSE-C"
        case .dsseKMS: "DSSE-KMS"
        }
    }
}
