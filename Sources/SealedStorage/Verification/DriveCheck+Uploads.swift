import Encryption
package import ObjectStorage

extension DriveCheck {
    /// Parts that are in memory at once.
    private static let partsAtOnce = 256

    /// Looks at an upload in progress and at each of its parts.
    ///
    /// What is aborted or completed meanwhile is not found wrong.
    package func check(_ walked: WalkedUpload, _ depth: ContentDepth) async throws -> Outcome {
        var outcome = Outcome()
        guard walked.hasBucket else { return outcome }
        guard let found = walked.found else {
            outcome.findings.append(DriveFinding(.damaged, .upload, "row \(walked.row) of the uploads"))
            return outcome
        }
        let row = found.upload
        let bucket = names[row.bucket] ?? "#\(row.bucket.rawValue)"
        func finding(_ kind: DriveFinding.Kind, _ subject: DriveFinding.Subject, _ detail: String) -> DriveFinding {
            DriveFinding(kind, subject, bucket: bucket, key: row.key, version: row.id.hex, detail)
        }
        let upload: Upload
        do {
            upload = Upload(row: row, dataKey: found.dataKey, record: try drive.records.open(row))
        } catch let corruption as Corruption {
            outcome.findings.append(finding(.damaged, .upload, "its \(corruption.what)"))
            return outcome
        }
        var key: ObjectKey?
        switch try await objectKey(upload.key(nil), named: row.dataKey) {
        case .open(let opened): key = opened
        case .customers: break
        case .refused(let kind, let detail): outcome.findings.append(finding(kind, .upload, detail))
        }
        var last = 0
        while true {
            let parts = try await store.parts(of: row.id, after: last, limit: Self.partsAtOnce)
            guard let end = parts.last else { return outcome }
            for part in parts {
                outcome.parts += 1
                guard let fault = try await fault(in: part, of: upload, under: key, depth) else { continue }
                // Its file goes when it is replaced, or the upload ends.
                guard try await store.hasPart(part, of: row.id) else { continue }
                outcome.findings.append(finding(fault.kind, .part, "part \(part.number): \(fault.detail)"))
            }
            // A damaged number may be any.
            guard end.number > last else { return outcome }
            last = end.number
        }
    }

    private func fault(
        in part: PartRow, of upload: Upload, under key: ObjectKey?, _ depth: ContentDepth
    ) async throws -> (kind: DriveFinding.Kind, detail: String)? {
        do {
            _ = try drive.records.open(part, of: upload.id)
        } catch let corruption as Corruption {
            return (.damaged, "its \(corruption.what)")
        }
        guard let number = UInt32(exactly: part.number) else { return (.damaged, "its number") }
        let segment = ObjectBody.Segment(
            source: .blob(part.blob), identity: StreamIdentity(versionID: part.blob.bytes, partNumber: number),
            size: part.size, wanted: 0..<0)
        return try await fault(
            in: segment, under: key, scheme: upload.record.encryption.scheme, depth, name: upload.row.key, lease: nil)
    }
}
