import AccessPolicy
import S3Protocol

extension RequestedEncryption {
    /// What policies can ask of a write's encryption: only what the client itself has sent.
    var conditions: [ConditionKey: [String]] {
        switch self {
        case .none: [:]
        case .sseS3: [.serverSideEncryption: ["AES256"]]
        case .sseKMS(let keyID, _, _):
            [.serverSideEncryption: ["aws:kms"]].merging(keyID.map { [.kmsKeyID: [$0]] } ?? [:]) { one, _ in one }
        case .dsseKMS(let keyID, _):
            [.serverSideEncryption: ["aws:kms:dsse"]].merging(keyID.map { [.kmsKeyID: [$0]] } ?? [:]) { one, _ in one }
        case .sseC: [.customerAlgorithm: ["AES256"]]
        }
    }
}

extension ListParameters {
    /// What policies can ask of a listing.
    var conditions: [ConditionKey: [String]] {
        var conditions: [ConditionKey: [String]] = [.prefix: [prefix], .maxKeys: ["\(maxKeys)"]]
        if let delimiter { conditions[.delimiter] = [delimiter] }
        return conditions
    }
}
