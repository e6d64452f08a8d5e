import Maintenance

/// What `--report` of an import or an export says of one version.
struct TransferReportLine: Encodable {
    let bucket: String
    let key: String
    let version: String?
    /// Bytes of plaintext.
    let size: Int64
    /// `imported`, `updated`, `exported` or `skipped`.
    let outcome: String
    var newVersion: String?
    var reason: String?
    var detail: String?
    /// What the target could not take.
    var without: [String]?
}

extension TransferReportLine {
    init(_ item: ImportedItem) {
        (bucket, key, version, size) = (item.bucket, item.key, item.version, item.size)
        switch item.outcome {
        case .imported(let version, let note): (outcome, newVersion, detail) = ("imported", version, note)
        case .updated: outcome = "updated"
        case .skipped(let why, let text):
            (outcome, reason, detail) = ("skipped", why.rawValue, text.isEmpty ? nil : text)
        }
    }

    init(_ item: ExportItem) {
        (bucket, key, version, size) = (item.bucket, item.key, item.version, item.size)
        switch item.outcome {
        case .exported(let losses): (outcome, without) = ("exported", losses.isEmpty ? nil : losses.map(\.rawValue))
        case .skipped(let why, let text):
            (outcome, reason, detail) = ("skipped", why.rawValue, text.isEmpty ? nil : text)
        }
    }
}
