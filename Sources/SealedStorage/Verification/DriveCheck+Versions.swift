import Encryption
package import ObjectStorage

extension DriveCheck {
    /// Looks at a version of an object, or at an annotation of one: row, record, key and bytes.
    ///
    /// - Parameter depth: of its bytes; those that another version has too, of a lesser row number, are that one's to read.
    package func check(_ walked: WalkedVersion, _ depth: ContentDepth) async throws -> Outcome {
        var outcome = Outcome()
        let columns = walked.found.version.columns
        // Rows that stand for what is about to be removed.
        guard !columns.bucket.standsForRemains else { return outcome }
        // One that was put back was found as that.
        guard !store.isDistrusted(walked.found.version.sealed) else { return outcome }
        let isAnnotation = columns.bucket.rawValue < 0
        let subject = DriveFinding.Subject(isAnnotation: isAnnotation)
        let bucket = isAnnotation ? columns.bucket.ofAnnotations : columns.bucket
        let name = names[bucket]
        let about = About(
            subject: subject, bucket: name ?? "#\(bucket.rawValue)", key: columns.key, version: columns.version.hex,
            row: walked.row)
        if name == nil, try await isStillThere(walked) {
            outcome.findings.append(about.finding(.damaged, "it belongs to no bucket"))
        }
        if !walked.isIndexed, try await isStillThere(walked) {
            outcome.findings.append(about.finding(.damaged, "the index does not lead to it: requests do not find it"))
        }
        do {
            if columns.flags.contains(.deleteMarker) {
                _ = try drive.records.etag(of: walked.found.version)
                return outcome
            }
            let record = try drive.records.openOnce(walked.found.version)
            guard (record.attributes.annotation != nil) == isAnnotation else {
                throw Corruption(what: "what it is, an object or an annotation,")
            }
            try await check(StoredObject(walked.found, record), walked, depth, about, &outcome)
        } catch let corruption as Corruption {
            outcome.findings.append(about.finding(.damaged, "its \(corruption.what)"))
        }
        return outcome
    }

    /// What findings name.
    private struct About {
        let subject: DriveFinding.Subject
        let bucket: String
        let key: String
        let version: String
        let row: Int64

        func finding(_ kind: DriveFinding.Kind, _ detail: String) -> DriveFinding {
            var finding = DriveFinding(kind, subject, bucket: bucket, key: key, version: version, detail)
            finding.row = row
            return finding
        }
    }

    private func check(
        _ object: StoredObject, _ walked: WalkedVersion, _ depth: ContentDepth, _ about: About, _ outcome: inout Outcome
    ) async throws {
        let scheme = object.record.encryption.scheme
        var proof = Proof(
            scheme: scheme, kmsKey: object.keyName, keyVersion: object.keyVersion, size: object.columns.size,
            content: .notOpened)
        var key: ObjectKey?
        switch try await objectKey(object.key(nil), named: object.columns.dataKey) {
        case .open(let opened): key = opened
        case .customers: proof.content = .customerKey
        case .refused(let kind, let detail): outcome.findings.append(about.finding(kind, detail))
        }
        let depth = walked.isFirstOwner ? depth : .edges
        let before = outcome.findings.count
        for segment in try wholeSegments(of: object, walked) {
            let fault = try await fault(
                in: segment, under: key, scheme: scheme, depth, name: object.columns.key, lease: object.lease)
            if let fault {
                let part = segment.identity.partNumber
                outcome.findings.append(
                    about.finding(fault.kind, part > 0 ? "part \(part): \(fault.detail)" : fault.detail))
            }
            if segment.identity.partNumber > 0 { outcome.parts += 1 }
        }
        if outcome.findings.count > before {
            proof.content = .notOpened
        } else if key != nil {
            switch depth {
            case .everything: proof.content = .authentic
            case .edges: proof.content = .edges
            }
        }
        outcome.proof = proof
    }

    /// Every stream that the object consists of, empty ones too.
    func wholeSegments(of object: StoredObject, _ walked: WalkedVersion) throws -> [ObjectBody.Segment] {
        let columns = object.columns
        let whole = StreamIdentity(versionID: object.record.encryption.identity.bytes)
        switch columns.body {
        case .inline:
            guard let inline = object.inline else { throw Corruption(what: "data (missing)") }
            return [.init(source: .memory(inline), identity: whole, size: columns.size, wanted: 0..<0)]
        case .file:
            guard let blob = columns.blob else { throw Corruption(what: "row") }
            return [.init(source: .blob(blob), identity: whole, size: columns.size, wanted: 0..<0)]
        case .parts:
            guard let sealed = object.manifest else { throw Corruption(what: "part manifest (missing)") }
            let manifest = try drive.records.open(sealed, of: object.version)
            guard manifest.parts.count == object.record.partCount else { throw Corruption(what: "number of parts") }
            // What is in no table of parts is nobody's, and would be unlinked or was.
            if let lost = manifest.parts.first(where: { !walked.ownedBlobs.contains($0.blob) }) {
                throw Corruption(what: "reference to the file of part \(lost.number)")
            }
            return manifest.parts.map { part in
                .init(
                    source: .blob(part.blob),
                    identity: StreamIdentity(versionID: part.blob.bytes, partNumber: part.number),
                    size: part.size, wanted: 0..<0)
            }
        case .none, .unreadable: throw Corruption(what: "row")
        }
    }

    /// Whether a version is still there that was found a moment ago.
    private func isStillThere(_ walked: WalkedVersion) async throws -> Bool {
        try await store.walkVersions(after: walked.row - 1, upTo: walked.row, limit: 1, bytes: 1).first?
            .found.version.columns.version == walked.found.version.columns.version
    }
}

extension DriveFinding.Subject {
    fileprivate init(isAnnotation: Bool) { self = isAnnotation ? .annotation : .object }
}
