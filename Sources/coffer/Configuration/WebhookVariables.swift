import Glibc
import HTTPClient
import Notifications
import SealedStorage

/// The webhooks that are told of events, of requests and of the log, as MinIO's variables configure them:
/// `MINIO_NOTIFY_WEBHOOK_ENABLE_ID` and others with the same end; without one, the webhook's name is `_`.
enum WebhookVariables {
    private static let families: [(prefix: String, purpose: WebhookTarget.Purpose)] = [
        ("NOTIFY_WEBHOOK_", .events), ("AUDIT_WEBHOOK_", .audit), ("LOGGER_WEBHOOK_", .log),
    ]

    private enum Field: String, CaseIterable {
        case enable = "ENABLE"
        case endpoint = "ENDPOINT"
        case authToken = "AUTH_TOKEN"
        /// Events wait on the drive itself: read and not used.
        case queueDirectory = "QUEUE_DIR"
        case queueLimit = "QUEUE_LIMIT"
        /// What audit and log call that.
        case queueSize = "QUEUE_SIZE"
        case batchSize = "BATCH_SIZE"
        case maxRetry = "MAX_RETRY"
        case retryInterval = "RETRY_INTERVAL"
        case timeout = "HTTP_TIMEOUT"
        /// The environment's proxies are used: read and not used.
        case proxy = "PROXY"
        case clientCertificate = "CLIENT_CERT"
        case clientKey = "CLIENT_KEY"
        case comment = "COMMENT"

        func isOf(_ purpose: WebhookTarget.Purpose) -> Bool {
            switch self {
            case .enable, .endpoint, .authToken, .queueDirectory, .clientCertificate, .clientKey, .comment: true
            case .queueLimit: purpose == .events
            case .queueSize, .batchSize, .maxRetry, .retryInterval, .timeout: purpose != .events
            case .proxy: purpose == .log
            }
        }
    }

    /// Whether a variable, without `MINIO_` or `COFFER_`, is one of these.
    static func contains(_ name: String) -> Bool { parse(name) != nil }

    /// Whether its value is secret; an endpoint may have credentials in it.
    static func areSecret(_ name: String) -> Bool {
        switch parse(name)?.field {
        case .authToken, .endpoint: true
        case .enable, .queueDirectory, .queueLimit, .queueSize, .batchSize, .maxRetry, .retryInterval, .timeout,
            .clientCertificate, .clientKey, .comment, nil:
            false
        // It may have credentials in it.
        case .proxy: true
        }
    }

    private static func parse(_ name: String) -> (purpose: WebhookTarget.Purpose, field: Field, id: String)? {
        guard let family = families.first(where: { name.hasPrefix($0.prefix) }) else { return nil }
        let rest = name.dropFirst(family.prefix.count)
        for field in Field.allCases where field.isOf(family.purpose) {
            if rest == field.rawValue { return (family.purpose, field, "_") }
            let named = field.rawValue + "_"
            if rest.hasPrefix(named), rest.count > named.count {
                return (family.purpose, field, String(rest.dropFirst(named.count)))
            }
        }
        return nil
    }

    /// - Parameter authorities: a directory with certificates to trust beside the system's; it may be missing.
    /// - Throws: for a webhook that is enabled and cannot be told.
    static func targets(
        _ environment: Environment, authorities: String, notes: inout [String]
    ) throws(StartFailure) -> [WebhookTarget] {
        var targets: [WebhookTarget] = []
        for (prefix, purpose) in families {
            var ids: Set<String> = []
            for name in environment.variables.keys {
                for start in ["MINIO_", "COFFER_"] where name.hasPrefix(start) {
                    guard let parsed = parse(String(name.dropFirst(start.count))), parsed.purpose == purpose else {
                        continue
                    }
                    ids.insert(parsed.id)
                }
            }
            for id in ids.sorted() {
                let variables = Variables(environment: environment, prefix: prefix, suffix: id == "_" ? "" : "_\(id)")
                guard try environment.isOn(variables.name(.enable)) else { continue }
                targets.append(try target(purpose, id, variables, authorities, &notes))
            }
        }
        return targets
    }

    /// The variables of one webhook.
    private struct Variables {
        let environment: Environment
        let prefix: String
        let suffix: String

        func name(_ field: Field) -> String { prefix + field.rawValue + suffix }

        /// Zero counts as unset, as at MinIO.
        func number(_ field: Field) throws(StartFailure) -> Int? {
            guard let text = self[field], text != "0" else { return nil }
            guard let number = Int(text), number > 0 else {
                throw StartFailure("MINIO_\(name(field)): \"\(text)\" is not a number above 0")
            }
            return number
        }

        subscript(field: Field) -> String? { environment.value(name(field)) }
    }

    private static func target(
        _ purpose: WebhookTarget.Purpose, _ id: String, _ variables: Variables, _ authorities: String,
        _ notes: inout [String]
    ) throws(StartFailure) -> WebhookTarget {
        if variables[.queueDirectory] != nil {
            notes.append("MINIO_\(variables.name(.queueDirectory)): what waits lies on the drive itself, sealed")
        }
        if variables[.proxy] != nil {
            notes.append("MINIO_\(variables.name(.proxy)): has no effect; the environment's proxies are used")
        }
        let variable = "MINIO_\(variables.name(.endpoint))"
        guard let endpoint = variables[.endpoint] else { throw StartFailure("\(variable) is missing") }
        let scheme = endpoint.lowercased()
        // Not said what it is: it may have credentials in it.
        guard scheme.hasPrefix("http://") || scheme.hasPrefix("https://"), !endpoint.contains(where: \.isWhitespace)
        else { throw StartFailure("\(variable) is no URL with http or https") }
        guard id.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }) else {
            throw StartFailure("\(variable): the name of a webhook has no colon and no blank")
        }
        var limit = EventQueueLimit()
        if let number = try variables.number(purpose == .events ? .queueLimit : .queueSize) { limit.events = number }
        var target = WebhookTarget(
            purpose, id: id, endpoint: endpoint, token: variables[.authToken], limit: limit,
            transport: try transport(variables, authorities))
        guard purpose != .events else { return target }
        // More at once is more memory, for a request that takes longer.
        target.batch = min(1000, try variables.number(.batchSize) ?? 1)
        target.timeout = try variables.environment.duration(variables.name(.timeout)) ?? .seconds(5)
        target.retry = .every(
            try variables.environment.duration(variables.name(.retryInterval)) ?? .seconds(3),
            limit: try variables.number(.maxRetry))
        return target
    }

    private static func transport(
        _ variables: Variables, _ authorities: String
    ) throws(StartFailure) -> HTTPClientConfiguration {
        var transport = HTTPClientConfiguration()
        if access(authorities, F_OK) == 0 { transport.caPaths = [authorities] }
        transport.maxConnections = 1
        transport.maxWaiting = 4
        switch (variables[.clientCertificate], variables[.clientKey]) {
        case (nil, nil): break
        case (let certificate?, let key?):
            transport.clientCertificate = .files(certificate: certificate, key: key, password: nil)
        case (nil, .some), (.some, nil):
            throw StartFailure("MINIO_\(variables.name(.clientCertificate)) and CLIENT_KEY are needed together")
        }
        return transport
    }
}
