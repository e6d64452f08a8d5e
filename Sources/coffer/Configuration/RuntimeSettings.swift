import HTTPServer
import Maintenance
import S3Protocol

/// What the server is told and may be told otherwise while it runs.
struct RuntimeSettings: Sendable {
    /// S3 requests that are served at once; `nil` for no bound.
    var requestsMax: Int?
    /// How long one beyond them waits.
    var requestsDeadline: Duration
    /// Origins whose pages may use the buckets that have no CORS configuration.
    var allowedOrigins: AllowedOrigins
    /// How long after its last part a multipart upload is removed; `nil`: never, as on AWS.
    var staleUploadExpiry: Duration?
    var staleUploadInterval: Duration
    /// Whether root, and who acts for it, may send requests.
    var admitsRoot: Bool
    /// How much of the time lifecycle rules may take.
    var pace: Pace
    /// How long scrubbing takes to go through all of the drive once; `nil` for none.
    var scrubCycle: Duration?
    /// The rest after each object of a batch job.
    var keyRotationRest: Duration
    var expirationRest: Duration
    var logLevels: LogLevelSetting
    /// How many versions a key may have; nil for no bound.
    var versionLimit: Int?

    init(_ environment: Environment) throws(StartFailure) {
        requestsMax = try Self.requestsMax(environment.value("API_REQUESTS_MAX"))
        let deadline = try environment.duration("API_CLUSTER_DEADLINE")
        let former = try environment.duration("API_REQUESTS_DEADLINE")
        requestsDeadline = deadline ?? former ?? .seconds(10)
        allowedOrigins = try Self.allowedOrigins(environment.value("API_CORS_ALLOW_ORIGIN"))
        staleUploadExpiry = try environment.duration("API_STALE_UPLOADS_EXPIRY")
        staleUploadInterval = try environment.duration("API_STALE_UPLOADS_CLEANUP_INTERVAL") ?? .seconds(6 * 3600)
        admitsRoot = try Self.admitsRoot(environment.value("API_ROOT_ACCESS") ?? "on")
        pace = try Self.pace(environment.value("SCANNER_SPEED") ?? "default")
        scrubCycle =
            environment.value("SCRUB_CYCLE") == "off"
            ? nil : try environment.duration("SCRUB_CYCLE") ?? .seconds(30 * 86_400)
        keyRotationRest = try environment.rest("BATCH_KEYROTATION_WORKERS_WAIT")
        expirationRest = try environment.rest("BATCH_EXPIRATION_WORKERS_WAIT")
        versionLimit = try Self.versionLimit(environment.value("API_OBJECT_MAX_VERSIONS"))
        logLevels =
            try environment.value("LOG_LEVEL").map { (text) throws(StartFailure) in
                try LogLevelSetting(text)
            } ?? LogLevelSetting()
    }

    private static func requestsMax(_ text: String?) throws(StartFailure) -> Int? {
        guard let text, text != "0", text != "auto" else { return nil }
        guard let number = Int(text), number > 0 else {
            throw StartFailure("MINIO_API_REQUESTS_MAX: \"\(text)\" is not a number of requests")
        }
        return number
    }

    private static func versionLimit(_ text: String?) throws(StartFailure) -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), number > 0 else {
            throw StartFailure("MINIO_API_OBJECT_MAX_VERSIONS: \"\(text)\" is not a number of versions")
        }
        // What MinIO has for no bound.
        return number == Int.max ? nil : number
    }

    private static func allowedOrigins(_ list: String?) throws(StartFailure) -> AllowedOrigins {
        guard let list else { return .any }
        guard let origins = AllowedOrigins(list) else {
            throw StartFailure("MINIO_API_CORS_ALLOW_ORIGIN: \"\(list)\": origins by commas, each with one * at most")
        }
        return origins
    }

    private static func admitsRoot(_ text: String) throws(StartFailure) -> Bool {
        switch text.lowercased() {
        case "on": true
        case "off": false
        default: throw StartFailure("MINIO_API_ROOT_ACCESS: \"\(text)\" is neither on nor off")
        }
    }

    private static func pace(_ speed: String) throws(StartFailure) -> Pace {
        switch speed {
        case "slowest": Pace(restPerWork: 100, leastRest: .milliseconds(10))
        case "slow": Pace(restPerWork: 10, leastRest: .milliseconds(2))
        case "default": .background
        case "fast": Pace(restPerWork: 1, leastRest: .milliseconds(1))
        case "fastest": .immediate
        default:
            throw StartFailure(
                "MINIO_SCANNER_SPEED: \"\(speed)\" is none of slowest, slow, default, fast and fastest")
        }
    }
}

extension Environment {
    /// A time that may be 0, as Go writes it.
    fileprivate func rest(_ name: String) throws(StartFailure) -> Duration {
        switch value(name) {
        case nil, "0", "0s", "0ms": .zero
        case .some: try duration(name) ?? .zero
        }
    }
}
