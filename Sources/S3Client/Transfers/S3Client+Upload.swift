import S3Protocol

/// Bytes on their way to a server.
package protocol UploadSource {
    /// The next bytes, fewer than asked for at the end alone.
    func read(_ count: Int) async throws -> [UInt8]
}

extension FileSource: UploadSource {}

extension S3Client {
    /// Writes all bytes of a file as one object: by one call if they fit into a piece, else in parts.
    ///
    /// - Parameters:
    ///   - headers: of the object: `content-type`, `x-amz-meta-…`.
    ///   - progress: gets the bytes of every piece that the server has.
    package func upload(
        _ source: FileSource, to address: ObjectAddress, headers: [(name: String, value: String)] = [],
        _ encryption: WantedEncryption, progress: (Int) -> Void
    ) async throws(S3ClientError) {
        do {
            try await upload(
                from: source, to: address, headers: headers, encryption, mayRepeat: true, progress: progress)
        } catch {
            // A file throws no other errors.
            throw error as? S3ClientError ?? .unreadable("\(error)")
        }
    }

    /// As ``upload(_:to:headers:_:progress:)``, of bytes that come from anywhere.
    ///
    /// - Parameters:
    ///   - mayRepeat: as for ``write(_:_:headers:_:mayRepeat:)``.
    ///   - atOnce: pieces under way, each in memory.
    /// - Throws: ``S3ClientError``, and what the source does.
    package func upload(
        from source: some UploadSource, to address: ObjectAddress, headers: [(name: String, value: String)],
        _ encryption: WantedEncryption, mayRepeat: Bool, atOnce: Int = Pieces.atOnce, progress: (Int) -> Void
    ) async throws {
        let first = try await source.read(Pieces.size)
        guard first.count == Pieces.size else {
            try await write(address, first, headers: headers, encryption, mayRepeat: mayRepeat)
            return progress(first.count)
        }
        let upload = try await beginUpload(address, headers: headers, encryption)
        do {
            let parts = try await writeParts(first, source, of: upload, address, encryption, atOnce, progress)
            try await finishUpload(upload, address, parts, encryption)
        } catch {
            await abortUpload(upload, address)
            throw error
        }
    }

    private func writeParts(
        _ first: [UInt8], _ source: some UploadSource, of upload: String, _ address: ObjectAddress,
        _ encryption: WantedEncryption, _ atOnce: Int, _ progress: (Int) -> Void
    ) async throws -> [WrittenPart] {
        var waiting: [(number: Int, task: Task<WrittenPart, any Error>)] = []
        var parts: [WrittenPart] = []
        var piece = first
        var number = 1
        do {
            while !piece.isEmpty || !waiting.isEmpty {
                if !piece.isEmpty {
                    let (bytes, place) = (piece, number)
                    waiting.append(
                        (place, Task { try await self.writePart(place, of: upload, address, bytes, encryption) }))
                    number += 1
                    // A short piece was the last.
                    let isLast = bytes.count < Pieces.size(ofPart: place)
                    piece = isLast ? [] : try await source.read(Pieces.size(ofPart: number))
                    if waiting.count < atOnce, !piece.isEmpty { continue }
                }
                let part = try await waiting.removeFirst().task.value
                parts.append(part)
                progress(part.length)
            }
            return parts
        } catch {
            // An upload is given up when nothing is on its way any more.
            for part in waiting { part.task.cancel() }
            for part in waiting { _ = await part.task.result }
            throw error
        }
    }

    private func finishUpload(
        _ upload: String, _ address: ObjectAddress, _ parts: [WrittenPart], _ encryption: WantedEncryption
    ) async throws(S3ClientError) {
        do {
            try await completeUpload(upload, address, parts, encryption)
        } catch {
            // Sent again after its answer was lost, it finds no upload, but the object that it has made.
            guard case .refused(404, "NoSuchUpload", _) = error else { throw error }
            let whole = S3Checksum.fullObject(
                .fallback, parts: parts.map { (checksum: $0.checksum, length: UInt64($0.length)) })
            guard let whole, try await head(address, encryption).checksum == whole else { throw error }
        }
    }
}
