import S3Protocol

extension S3Client {
    /// Reads a whole object, in pieces of one version of it, and compares its bytes with the checksum that the server has
    /// of them.
    ///
    /// - Parameter progress: gets the bytes of every piece that is written.
    package func download(
        _ address: ObjectAddress, _ head: ObjectHead, to sink: FileSink, _ encryption: WantedEncryption,
        progress: (Int) -> Void
    ) async throws(S3ClientError) {
        let sum = head.checksum.map { S3ChecksumCalculator($0.algorithm) }
        var waiting: [Task<[UInt8], any Error>] = []
        var position: Int64 = 0
        do {
            while position < head.size || !waiting.isEmpty {
                while position < head.size, waiting.count < Pieces.atOnce {
                    let range = position..<min(head.size, position + Int64(Pieces.size))
                    position = range.upperBound
                    waiting.append(Task { try await self.read(address, range, etag: head.etag, encryption) })
                }
                let bytes = try await waiting.removeFirst().value
                bytes.withUnsafeBytes { sum?.update($0) }
                try sink.write(bytes)
                progress(bytes.count)
            }
        } catch {
            for piece in waiting { piece.cancel() }
            throw error as? S3ClientError ?? .unreadable("\(error)")
        }
        if let sum, sum.finalize() != head.checksum {
            throw .damaged("\(address): the bytes that came do not have the checksum of those that are stored")
        }
        try sink.finish()
    }
}
