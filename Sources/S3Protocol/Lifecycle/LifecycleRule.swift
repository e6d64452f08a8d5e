import Notation

/// One rule of a bucket's lifecycle: which objects it is about, and when they go.
package struct LifecycleRule: Hashable, Sendable {
    /// When the current version of a key goes, and so the key.
    package enum Expiration: Hashable, Sendable {
        /// So many days after the version was written, 1…2³¹-1.
        case days(Int64)
        /// At a midnight, in milliseconds since 1970, and whenever one is met after it.
        case date(Int64)
        /// Of a delete marker with no other version, at once.
        case expiredDeleteMarker
    }

    /// When a version goes that others have taken the place of.
    package struct NoncurrentExpiration: Hashable, Sendable {
        /// Days after the next version was written, 1…2³¹-1; nil when their number alone counts, as MinIO has it.
        package var days: Int64?
        /// How many newer versions that are not current either stay, 0…100.
        package var newerVersions: Int64
    }

    /// At most 255 characters.
    package var id: String
    package var isEnabled: Bool
    package var filter: LifecycleFilter
    package var expiration: Expiration?
    /// Whether an object that expires goes with all of its versions (MinIO's `ExpiredObjectAllVersions`).
    package var expiresAllVersions = false
    package var noncurrentExpiration: NoncurrentExpiration?
    /// How many days after it was begun an upload is aborted, 1…2³¹-1.
    package var abortUploadAfterDays: Int64?

    private static let maximumIDLength = 255

    /// - Throws: `malformedXML`; `invalidArgument` for a number out of its range, an identifier that is too long, and a date
    ///   that is no midnight; `invalidRequest` for a rule that does nothing, or something that its filter does not go with;
    ///   `invalidStorageClass` for a move to another storage class; `notImplemented` for what MinIO has besides.
    static func parse(_ element: XMLElement) throws(S3Error) -> LifecycleRule {
        try element.requireChildren(
            [
                "ID", "Status", "Filter", "Prefix", "Expiration", "NoncurrentVersionExpiration",
                "AbortIncompleteMultipartUpload", "Transition", "NoncurrentVersionTransition", "DelMarkerExpiration",
                "AllVersionsExpiration",
            ])
        for name in ["DelMarkerExpiration", "AllVersionsExpiration"] where !element.all(name).isEmpty {
            throw S3Error(.notImplemented, "\(name) is not implemented", details: [("Element", name)])
        }
        for name in ["Transition", "NoncurrentVersionTransition"] {
            for transition in element.all(name) { throw try refusal(of: transition) }
        }
        var rule = LifecycleRule(
            id: try identifier(try element.optionalText("ID")), isEnabled: try isEnabled(element),
            filter: try LifecycleFilter.parse(rule: element), expiration: try expiration(element),
            noncurrentExpiration: try noncurrentExpiration(element), abortUploadAfterDays: try abortion(element))
        rule.expiresAllVersions =
            try element.optional("Expiration")?.optionalFlag("ExpiredObjectAllVersions") ?? false
        try rule.requireSense()
        return rule
    }

    private static func identifier(_ text: String?) throws(S3Error) -> String {
        guard let text, !text.isEmpty else {
            return String(UInt64.random(in: 0...UInt64.max), radix: 36)
                + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        }
        guard text.unicodeScalars.count <= maximumIDLength else {
            throw S3Error(.invalidArgument, "ID length should not exceed allowed limit of \(maximumIDLength)")
        }
        return text
    }

    private static func isEnabled(_ rule: XMLElement) throws(S3Error) -> Bool {
        switch try rule.optionalText("Status")?.trimmed {
        case "Enabled": return true
        case "Disabled": return false
        case nil, .some: throw S3Error(.malformedXML)
        }
    }

    private static func expiration(_ rule: XMLElement) throws(S3Error) -> Expiration? {
        guard let element = try rule.optional("Expiration") else { return nil }
        try element.requireChildren(["Days", "Date", "ExpiredObjectDeleteMarker", "ExpiredObjectAllVersions"])
        let days = try element.count("Days", of: "Expiration")
        let date = try midnight(element)
        switch (days, date, try element.optionalFlag("ExpiredObjectDeleteMarker")) {
        case (let days?, nil, nil), (let days?, nil, false?): return .days(days)
        case (nil, let date?, nil), (nil, let date?, false?): return .date(date)
        case (nil, nil, true?): return .expiredDeleteMarker
        // It does nothing; whether the rule does is asked of the whole.
        case (nil, nil, false?): return nil
        default: throw S3Error(.malformedXML)
        }
    }

    private static func midnight(_ element: XMLElement) throws(S3Error) -> Int64? {
        guard let text = try element.optionalText("Date")?.trimmed else { return nil }
        guard let seconds = HTTPDate.parse(text) else { throw S3Error(.malformedXML) }
        guard seconds % 86_400 == 0 else { throw S3Error(.invalidArgument, "'Date' must be at midnight GMT") }
        return seconds * 1000
    }

    private static func noncurrentExpiration(_ rule: XMLElement) throws(S3Error) -> NoncurrentExpiration? {
        guard let element = try rule.optional("NoncurrentVersionExpiration") else { return nil }
        try element.requireChildren(["NoncurrentDays", "NewerNoncurrentVersions"])
        let days = try element.count("NoncurrentDays", of: "NoncurrentVersionExpiration")
        let newer = try element.count("NewerNoncurrentVersions", of: "NoncurrentVersionExpiration", upTo: 100)
        guard days != nil || newer != nil else { throw S3Error(.malformedXML) }
        return NoncurrentExpiration(days: days, newerVersions: newer ?? 0)
    }

    private static func abortion(_ rule: XMLElement) throws(S3Error) -> Int64? {
        guard let element = try rule.optional("AbortIncompleteMultipartUpload") else { return nil }
        try element.requireChildren(["DaysAfterInitiation"])
        let days = try element.count("DaysAfterInitiation", of: "AbortIncompleteMultipartUpload")
        guard let days else { throw S3Error(.malformedXML) }
        return days
    }

    /// This server has one storage class, so there is none to move to.
    private static func refusal(of transition: XMLElement) throws(S3Error) -> S3Error {
        _ = try midnight(transition)
        guard let name = try transition.optionalText("StorageClass")?.trimmed, !name.isEmpty else {
            throw S3Error(.malformedXML)
        }
        return S3Error(
            .invalidStorageClass,
            "Objects cannot be moved to another storage class: this server stores all of them alike",
            details: [("StorageClass", name)])
    }

    private func requireSense() throws(S3Error) {
        guard expiration != nil || noncurrentExpiration != nil || abortUploadAfterDays != nil else {
            throw S3Error(.invalidRequest, "At least one action needs to be specified in a rule")
        }
        if expiresAllVersions {
            guard case .days? = expiration else {
                throw S3Error(.invalidRequest, "ExpiredObjectAllVersions goes with Days alone.")
            }
        }
        if expiration == .expiredDeleteMarker, !filter.tags.isEmpty {
            throw S3Error(.invalidRequest, "ExpiredObjectDeleteMarker cannot be specified with Tags.")
        }
        // An upload has neither yet.
        if abortUploadAfterDays != nil, !filter.tags.isEmpty {
            throw S3Error(.invalidRequest, "AbortIncompleteMultipartUpload cannot be specified with Tags")
        }
        if abortUploadAfterDays != nil, filter.sizeGreaterThan != nil || filter.sizeLessThan != nil {
            throw S3Error(.invalidRequest, "AbortIncompleteMultipartUpload cannot be specified with Object Size")
        }
    }

    func write(to xml: inout XMLWriter) {
        xml.open("Rule")
        xml.element("ID", id)
        filter.write(to: &xml)
        xml.element("Status", isEnabled ? "Enabled" : "Disabled")
        if let expiration {
            xml.open("Expiration")
            switch expiration {
            case .days(let days): xml.element("Days", days)
            case .date(let date): xml.element("Date", milliseconds: date)
            case .expiredDeleteMarker: xml.element("ExpiredObjectDeleteMarker", true)
            }
            if expiresAllVersions { xml.element("ExpiredObjectAllVersions", true) }
            xml.close("Expiration")
        }
        if let noncurrentExpiration {
            xml.open("NoncurrentVersionExpiration")
            if let days = noncurrentExpiration.days { xml.element("NoncurrentDays", days) }
            if noncurrentExpiration.newerVersions > 0 {
                xml.element("NewerNoncurrentVersions", noncurrentExpiration.newerVersions)
            }
            xml.close("NoncurrentVersionExpiration")
        }
        if let abortUploadAfterDays {
            xml.open("AbortIncompleteMultipartUpload")
            xml.element("DaysAfterInitiation", abortUploadAfterDays)
            xml.close("AbortIncompleteMultipartUpload")
        }
        xml.close("Rule")
    }
}

extension XMLElement {
    /// A number above 0 of the one child of that name, or nil when there is no such child.
    fileprivate func count(
        _ name: String, of action: String, upTo maximum: Int64 = Int64(Int32.max)
    ) throws(S3Error) -> Int64? {
        guard let text = try optionalText(name)?.trimmed else { return nil }
        let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { throw S3Error(.malformedXML) }
        guard let number = Int64(text), number <= maximum else {
            guard text.utf8.first == UInt8(ascii: "-") else {
                throw S3Error(.invalidArgument, "'\(name)' for \(action) action must not be more than \(maximum)")
            }
            throw S3Error(.invalidArgument, "'\(name)' for \(action) action must be a positive integer")
        }
        guard number > 0 else {
            throw S3Error(.invalidArgument, "'\(name)' for \(action) action must be a positive integer")
        }
        return number
    }
}
