import FoundationEssentials
import JSON
import Maintenance
import Notation
package import S3Protocol

/// What a job's document asks for; whatever in it is not understood is refused, for it might be what spares an object.
package struct JobDefinition {
    let work: BatchJob.Work
    /// Who is to be told of its end.
    let notice: JobNotice?

    /// - Parameter text: YAML, as `mc batch generate` writes it.
    /// - Throws: `XMinioAdminInvalidArgument` with the reason.
    package init(_ text: String) throws(S3Error) {
        guard text.utf8.count <= JobDocument.maximumByteCount else { throw Self.invalid("the job is too long") }
        let document: JobDocument
        do throws(JobDocument.Malformed) {
            document = try JobDocument(text)
        } catch {
            throw Self.invalid("line \(error.line): \(error.reason)")
        }
        let kinds = document.keys.filter { document[$0] != nil }
        guard kinds.count == 1, let kind = kinds.first, let job = document[kind] else {
            throw Self.invalid("a job has one of 'keyrotate' and 'expire'")
        }
        switch kind {
        case "keyrotate":
            work = .keyRotation(try Self.keyRotation(job))
            notice = try job.mapping("flags").notice()
        case "expire":
            work = .expiration(try Self.expiration(job))
            notice = try job.notice()
        case "replicate": throw S3Error(.notImplemented, "This server replicates to nowhere.")
        default: throw Self.invalid("there are no jobs of the kind '\(kind)'")
        }
    }

    fileprivate static func invalid(_ reason: String) -> S3Error {
        S3Error(.xMinioAdminInvalidArgument, "The job cannot be started: \(reason).")
    }

    // MARK: Kinds

    private static func keyRotation(_ job: JobDocument) throws(S3Error) -> KeyRotationJob {
        try job.requireKeys(
            ["apiVersion", "bucket", "prefix", "encryption", "flags"], of: "keyrotate")
        try job.requireVersion()
        let encryption = try job.mapping("encryption")
        try encryption.requireKeys(["type", "key", "context"], of: "encryption")
        let key = try encryption.text("key")
        let context = try encryption.text("context").map { (text) throws(S3Error) in try Self.context(text) }
        let wanted: KeyRotationJob.Encryption
        switch try encryption.text("type") {
        case "sse-s3":
            guard key == nil, context == nil else { throw invalid("SSE-S3 takes neither a key nor a context") }
            wanted = .sseS3
        case "sse-kms": wanted = .sseKMS(key: key, context: context)
        default: throw invalid("the type of encryption is sse-s3 or sse-kms")
        }
        let flags = try job.mapping("flags")
        try flags.requireKeys(["filter", "notify", "retry"], of: "flags")
        let filter = try flags.mapping("filter")
        try filter.requireKeys(JobDocument.filterKeys + ["kmskeyid", "kmskey"], of: "filter")
        let presentKey = try filter.text("kmskeyid")
        // As the template of MinIO's client spells it.
        let formerName = try filter.text("kmskey")
        return KeyRotationJob(
            bucket: try job.requiredText("bucket"), prefix: try job.text("prefix") ?? "", encryption: wanted,
            filter: try filter.filter(), presentKey: presentKey ?? formerName,
            retry: try flags.retry())
    }

    private static func context(_ text: String) throws(S3Error) -> [String: String] {
        let malformed = invalid("the context is no JSON of strings in base64")
        guard let data = Data(base64Encoded: text), let json = JSONValue([UInt8](data)),
            case .object(let members) = json
        else { throw malformed }
        var pairs: [String: String] = [:]
        for (name, value) in members {
            guard let value = value.string else { throw malformed }
            pairs[name] = value
        }
        return pairs
    }

    private static func expiration(_ job: JobDocument) throws(S3Error) -> ExpirationJob {
        try job.requireKeys(["apiVersion", "bucket", "prefix", "rules", "notify", "retry"], of: "expire")
        try job.requireVersion()
        var prefixes: [String] = []
        switch job["prefix"] {
        case nil: break
        case .scalar(let prefix): prefixes = [prefix]
        case .sequence(let elements):
            for element in elements {
                guard case .scalar(let prefix) = element else { throw invalid("'prefix' is a text or a list of texts") }
                prefixes.append(prefix)
            }
        case .mapping, .null: throw invalid("'prefix' is a text or a list of texts")
        }
        guard case .sequence(let elements) = job["rules"], !elements.isEmpty else {
            throw invalid("'rules' is a list of rules")
        }
        var rules: [ExpirationJob.Rule] = []
        for element in elements { rules.append(try rule(element)) }
        return ExpirationJob(
            bucket: try job.requiredText("bucket"), prefixes: prefixes, rules: rules, retry: try job.retry())
    }

    private static func rule(_ rule: JobDocument) throws(S3Error) -> ExpirationJob.Rule {
        try rule.requireKeys(JobDocument.filterKeys + ["type", "name", "size", "purge"], of: "rules")
        guard let kind = try rule.text("type").flatMap(ExpirationJob.Rule.Kind.init(rawValue:)) else {
            throw invalid("the type of a rule is object or deleted")
        }
        let size = try rule.mapping("size")
        try size.requireKeys(["lessThan", "greaterThan"], of: "size")
        let purge = try rule.mapping("purge")
        try purge.requireKeys(["retainVersions"], of: "purge")
        let retained = try purge.number("retainVersions") ?? 0
        guard (0...1_000_000).contains(retained) else { throw invalid("'retainVersions' is a number of versions") }
        let filter = try rule.filter()
        if kind == .deleted, !filter.tags.isEmpty || !filter.metadata.isEmpty {
            throw invalid("a delete marker has neither tags nor metadata")
        }
        return ExpirationJob.Rule(
            kind: kind, name: try rule.text("name") ?? "", filter: filter, sizeLessThan: try size.size("lessThan"),
            sizeGreaterThan: try size.size("greaterThan"), retainedVersions: Int(retained))
    }
}

extension JobDocument {
    fileprivate static let filterKeys = [
        "newerThan", "olderThan", "createdAfter", "createdBefore", "tags", "metadata",
    ]

    fileprivate func requireKeys(_ known: [String], of name: String) throws(S3Error) {
        switch self {
        case .null: return
        case .scalar, .sequence: throw JobDefinition.invalid("'\(name)' has keys with values")
        case .mapping: break
        }
        for key in keys where !known.contains(key) {
            throw JobDefinition.invalid("'\(name)' has no '\(key)'")
        }
    }

    fileprivate func requireVersion() throws(S3Error) {
        guard try text("apiVersion") == "v1" else { throw JobDefinition.invalid("'apiVersion' is v1") }
    }

    /// Who is told when the job ends; `nil` where no address is given.
    fileprivate func notice() throws(S3Error) -> JobNotice? {
        let notice = try mapping("notify")
        try notice.requireKeys(["endpoint", "token"], of: "notify")
        guard let endpoint = try notice.text("endpoint") else { return nil }
        guard endpoint.hasPrefix("https://") || endpoint.hasPrefix("http://"), endpoint.utf8.allSatisfy({ $0 > 0x20 })
        else {
            throw JobDefinition.invalid("'endpoint' is an http or https URL")
        }
        let token = try notice.text("token")
        guard token?.utf8.allSatisfy({ 0x20..<0x7F ~= $0 }) ?? true else {
            throw JobDefinition.invalid("'token' is what a header may hold")
        }
        return JobNotice(endpoint: endpoint, token: token)
    }

    fileprivate func mapping(_ key: String) throws(S3Error) -> JobDocument {
        switch self[key] {
        case nil: return .mapping([])
        case .mapping(let pairs): return .mapping(pairs)
        case .scalar, .sequence, .null: throw JobDefinition.invalid("'\(key)' has keys with values")
        }
    }

    /// `nil` for an empty one too.
    fileprivate func text(_ key: String) throws(S3Error) -> String? {
        switch self[key] {
        case nil: return nil
        case .scalar(let text): return text.isEmpty ? nil : text
        case .mapping, .sequence, .null: throw JobDefinition.invalid("'\(key)' is a text")
        }
    }

    fileprivate func requiredText(_ key: String) throws(S3Error) -> String {
        guard let text = try text(key) else { throw JobDefinition.invalid("'\(key)' is missing") }
        return text
    }

    fileprivate func number(_ key: String) throws(S3Error) -> Int64? {
        guard let text = try text(key) else { return nil }
        guard let number = Int64(text), number >= 0 else { throw JobDefinition.invalid("'\(key)' is a number") }
        return number
    }

    /// Milliseconds, of a time such as `7d10h`.
    fileprivate func duration(_ key: String) throws(S3Error) -> Int64? {
        guard let text = try text(key) else { return nil }
        var rest = text[...]
        var total = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { $0.isNumber || $0 == "." }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { !$0.isNumber && $0 != "." }
            rest = rest.dropFirst(unit.count)
            let units = ["ms": 1.0, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000]
            guard let value = Double(number), let factor = units[String(unit)] else {
                throw JobDefinition.invalid("'\(key)' is a time such as 7d or 12h")
            }
            total += value * factor
        }
        guard total < 1e15 else { throw JobDefinition.invalid("'\(key)' is too long a time") }
        return Int64(total)
    }

    /// Milliseconds since 1970.
    private func date(_ key: String) throws(S3Error) -> Int64? {
        guard let text = try text(key) else { return nil }
        guard let time = HTTPDate.parse(text) else {
            throw JobDefinition.invalid("'\(key)' is a date such as 2026-01-31T00:00:00Z")
        }
        return time * 1000
    }

    /// Bytes, of a size such as `10MiB`.
    fileprivate func size(_ key: String) throws(S3Error) -> Int64? {
        guard let text = try text(key) else { return nil }
        let number = text.prefix { $0.isNumber || $0 == "." }
        let unit = text.dropFirst(number.count).drop { $0 == " " }.lowercased()
        let units: [String: Double] = [
            "": 1, "b": 1, "k": 1000, "kb": 1000, "kib": 1024, "m": 1e6, "mb": 1e6, "mib": 1_048_576, "g": 1e9,
            "gb": 1e9,
            "gib": 1_073_741_824, "t": 1e12, "tb": 1e12, "tib": 1_099_511_627_776,
        ]
        guard let value = Double(number), let factor = units[unit], value * factor < 9e18 else {
            throw JobDefinition.invalid("'\(key)' is a size such as 10MiB")
        }
        return Int64(value * factor)
    }

    private func pairs(_ key: String) throws(S3Error) -> [JobFilter.Pair] {
        guard let value = self[key] else { return [] }
        guard case .sequence(let elements) = value else { throw JobDefinition.invalid("'\(key)' is a list") }
        var pairs: [JobFilter.Pair] = []
        for element in elements {
            try element.requireKeys(["key", "value"], of: key)
            // An example that was left in place says nothing.
            guard let name = try element.text("key") else { continue }
            pairs.append(JobFilter.Pair(key: name, value: try element.text("value") ?? ""))
        }
        return pairs
    }

    fileprivate func filter() throws(S3Error) -> JobFilter {
        var filter = JobFilter()
        filter.newerThan = try duration("newerThan")
        filter.olderThan = try duration("olderThan")
        filter.createdAfter = try date("createdAfter")
        filter.createdBefore = try date("createdBefore")
        filter.tags = try pairs("tags")
        filter.metadata = try pairs("metadata")
        return filter
    }

    fileprivate func retry() throws(S3Error) -> JobRetry {
        let retry = try mapping("retry")
        try retry.requireKeys(["attempts", "delay"], of: "retry")
        let attempts = try retry.number("attempts") ?? 3
        let delay = try retry.duration("delay") ?? 25
        guard (0...100).contains(attempts), delay <= 60_000 else {
            throw JobDefinition.invalid("up to 100 attempts, with up to a minute between them")
        }
        return JobRetry(attempts: max(1, Int(attempts)), delay: delay)
    }
}
