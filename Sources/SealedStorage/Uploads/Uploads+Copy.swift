package import Encryption
import S3Protocol

extension Uploads {
    /// Writes a slice of a stored object, looked up with its body, as a part: see
    /// ``writePart(_:number:of:_:modified:)``.
    ///
    /// Always encrypted anew: the parts of an upload are under its own object key. The part has a checksum of the algorithm
    /// that the upload announced.
    /// - Parameters:
    ///   - sourceKey: the customer's key that opens the source, if it needs one.
    ///   - modified: milliseconds since 1970.
    package func copyPart(
        _ source: StoredObject, _ wanted: Range<Int64>, _ sourceKey: CustomerKey?, number: Int, of upload: Upload,
        _ customerKey: CustomerKey?, modified: Int64, in objects: Objects
    ) async throws -> UploadedPart {
        try verify(customerKey, opens: upload)
        let body = try await objects.body(of: source, wanted, sourceKey)
        let bytes = StoredBytes(body, upload.record.checksum?.algorithm, store: store)
        return try await writePart(bytes, number: number, of: upload, customerKey, modified: modified)
    }
}
