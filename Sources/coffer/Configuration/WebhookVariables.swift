import Glibc
import HTTPClient
import Notifications
import SealedStorage

/// The webhooks that are told of events, as MinIO's variables configure them: `MINIO_NOTIFY_WEBHOOK_ENABLE_ID` and others
/// with the same end; without one, the webhook's name is `_`.
enum WebhookVariables {
    private static let prefix = "NOTIFY_WEBHOOK_"

    private enum Field: String, CaseIterable {
        case enable = "ENABLE"
        case endpoint = "ENDPOINT"
        case authToken = "AUTH_TOKEN"
        /// Events wait on the drive itself: read and not used.
        case queueDirectory = "QUEUE_DIR"
        case queueLimit = "QUEUE_LIMIT"
        case clientCertificate = "CLIENT_CERT"
        case clientKey = "CLIENT_KEY"
        case comment = "COMMENT"
    }

    /// Whether a variable, without `MINIO_` or `COFFER_`, is one of these.
    static func contains(_ name: String) -> Bool { parse(name) != nil }

    /// Whether its value is secret; an endpoint may have credentials in it.
    static func areSecret(_ name: String) -> Bool {
        switch parse(name)?.field {
        case .authToken, .endpoint: true
        case .enable, .queueDirectory, .queueLimit, .clientCertificate, .clientKey, .comment, nil: false
        }
    }

    private static func parse(_ name: String) -> (field: Field, id: String)? {
        guard name.hasPrefix(prefix) else { return nil }
        let rest = name.dropFirst(prefix.count)
        for field in Field.allCases {
            if rest == field.rawValue { return (field, "_") }
            let named = field.rawValue + "_"
            if rest.hasPrefix(named), rest.count > named.count { return (field, String(rest.dropFirst(named.count))) }
        }
        return nil
    }

    /// - Parameter authorities: a directory with certificates to trust beside the system's; it may be missing.
    /// - Throws: for a webhook that is enabled and cannot be told.
    static func targets(
        _ environment: Environment, authorities: String, notes: inout [String]
    ) throws(StartFailure) -> [WebhookTarget] {
        var ids: Set<String> = []
        for name in environment.variables.keys {
            for prefix in ["MINIO_", "COFFER_"] where name.hasPrefix(prefix) {
                if let id = parse(String(name.dropFirst(prefix.count)))?.id { ids.insert(id) }
            }
        }
        var targets: [WebhookTarget] = []
        for id in ids.sorted() {
            let suffix = id == "_" ? "" : "_\(id)"
            let value = { (field: Field) in environment.value(prefix + field.rawValue + suffix) }
            guard try environment.isOn(prefix + Field.enable.rawValue + suffix) else { continue }
            if value(.queueDirectory) != nil {
                notes.append("MINIO_\(prefix)QUEUE_DIR\(suffix): events wait on the drive itself, sealed")
            }
            let variable = "MINIO_\(prefix)ENDPOINT\(suffix)"
            guard let endpoint = value(.endpoint) else { throw StartFailure("\(variable) is missing") }
            let scheme = endpoint.lowercased()
            // Not said what it is: it may have credentials in it.
            guard scheme.hasPrefix("http://") || scheme.hasPrefix("https://"), !endpoint.contains(where: \.isWhitespace)
            else { throw StartFailure("\(variable) is no URL with http or https") }
            guard id.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }) else {
                throw StartFailure("\(variable): the name of a webhook has no colon and no blank")
            }
            var limit = EventQueueLimit()
            if let text = value(.queueLimit), text != "0" {
                guard let number = Int(text), number > 0 else {
                    throw StartFailure("MINIO_\(prefix)QUEUE_LIMIT\(suffix): \"\(text)\" is not a number of events")
                }
                limit.events = number
            }
            targets.append(
                WebhookTarget(
                    id: id, endpoint: endpoint, token: value(.authToken), limit: limit,
                    transport: try transport(
                        certificate: value(.clientCertificate), key: value(.clientKey), authorities, suffix)))
        }
        return targets
    }

    private static func transport(
        certificate: String?, key: String?, _ authorities: String, _ suffix: String
    ) throws(StartFailure) -> HTTPClientConfiguration {
        var transport = HTTPClientConfiguration()
        if access(authorities, F_OK) == 0 { transport.caPaths = [authorities] }
        transport.maxConnections = 1
        transport.maxWaiting = 4
        switch (certificate, key) {
        case (nil, nil): break
        case (let certificate?, let key?):
            transport.clientCertificate = .files(certificate: certificate, key: key, password: nil)
        case (nil, .some), (.some, nil):
            throw StartFailure("MINIO_\(prefix)CLIENT_CERT\(suffix) and CLIENT_KEY are needed together")
        }
        return transport
    }
}
