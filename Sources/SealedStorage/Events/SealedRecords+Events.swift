import Encryption
import KeyManagement
import ObjectStorage

extension SealedRecords {
    /// Seals what a target is to be sent; it opens for that target alone.
    func seal(event document: [UInt8], id: EventID, for target: String) throws(KeyServiceError) -> [UInt8] {
        try sealer.seal(document, kind: .event, id: id.bytes, associatedData: Array(target.utf8))
    }

    /// `nil` when it does not open.
    func open(event sealed: [UInt8], id: EventID, for target: String) throws(KeyServiceError) -> [UInt8]? {
        let sealer = try sealer
        return try? sealer.open(sealed, kind: .event, id: id.bytes, associatedData: Array(target.utf8))
    }
}
