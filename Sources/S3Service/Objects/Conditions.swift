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
    /// What policies can ask of a listing: of the parameters that were sent, those that count.
    static func conditions(_ query: [(name: String, value: String)]) -> [ConditionKey: [String]] {
        var conditions: [ConditionKey: [String]] = [:]
        // Of a parameter that is sent twice the last one counts, here as in the listing.
        for (name, value) in query {
            switch name {
            case "prefix": conditions[.prefix] = [value]
            case "delimiter": conditions[.delimiter] = [value]
            case "max-keys": conditions[.maxKeys] = [value]
            default: break
            }
        }
        return conditions
    }
}
