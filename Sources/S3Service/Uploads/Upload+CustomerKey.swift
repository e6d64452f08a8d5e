import Encryption
import S3Protocol
import SealedStorage

extension Upload {
    /// Checks that a part comes with a customer's key if and only if its upload was begun with one; whether it is the right
    /// one shows when the key is used.
    ///
    /// - Throws: `InvalidRequest`.
    func requireMatching(_ customerKey: CustomerKey?) throws(S3Error) {
        switch (record.encryption.scheme, customerKey) {
        case (.sseC, nil):
            throw S3Error(
                .invalidRequest,
                "The multipart upload initiate requested encryption. "
                    + "Subsequent part requests must include the appropriate encryption parameters.")
        case (.sseS3, .some), (.sseKMS, .some), (.dsseKMS, .some):
            throw S3Error(
                .invalidRequest,
                "The multipart upload was not initiated with a customer provided key. "
                    + "Part requests must not include one.")
        case (.sseC, .some), (.sseS3, nil), (.sseKMS, nil), (.dsseKMS, nil): break
        }
    }
}
