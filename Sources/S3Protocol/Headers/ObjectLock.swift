import Notation

/// How long something is kept; a year has 365 days.
package enum LockPeriod: Hashable, Sendable {
    case days(Int64)
    case years(Int64)

    /// 1…36 500.
    package var days: Int64 {
        switch self {
        case .days(let days): days
        case .years(let years): years * 365
        }
    }

    package var milliseconds: Int64 { days * 86_400_000 }
}

/// What keeps a version of an object from being removed.
package struct ObjectLock: Hashable, Sendable {
    package enum Mode: String, Sendable {
        /// Who has the right to bypass it may remove the version or shorten its retention.
        case governance = "GOVERNANCE"
        /// Nobody may.
        case compliance = "COMPLIANCE"
    }

    /// Until a time, or as long as an event is waited for and a period from then on, or both.
    package struct Retention: Hashable, Sendable {
        package var mode: Mode
        /// Milliseconds since 1970.
        package var until: Int64?
        /// As long as it is there, the version is kept; when it is released, it is kept for this period from then on.
        package var eventHold: LockPeriod?

        package init(mode: Mode, until: Int64? = nil, eventHold: LockPeriod? = nil) {
            self.mode = mode
            self.until = until
            self.eventHold = eventHold
        }

        /// - Parameter time: milliseconds since 1970.
        func isActive(at time: Int64) -> Bool {
            if eventHold != nil { return true }
            return until.map { $0 > time } ?? false
        }

        /// Whether it keeps the version at least as long as another one of the same mode.
        fileprivate func isNoShorter(than other: Retention) -> Bool {
            guard mode == other.mode, until ?? .min >= other.until ?? .min || eventHold != nil else { return false }
            guard let period = other.eventHold else { return true }
            return eventHold.map { $0.days >= period.days } ?? false
        }
    }

    package var retention: Retention?
    /// Nil as long as nobody has said that there is one or none.
    package var legalHold: Bool?

    package init(retention: Retention? = nil, legalHold: Bool? = nil) {
        self.retention = retention
        self.legalHold = legalHold
    }

    package var isEmpty: Bool { retention == nil && legalHold == nil }

    /// Whether the version may be removed.
    /// - Parameter time: milliseconds since 1970.
    package func permitsRemoval(at time: Int64, bypassesGovernance: Bool) -> Bool {
        guard legalHold != true else { return false }
        guard let retention, retention.isActive(at: time) else { return true }
        switch retention.mode {
        case .governance: return bypassesGovernance
        case .compliance: return false
        }
    }

    /// What PutObjectRetention asks for, applied to what is there.
    ///
    /// - Parameters:
    ///   - time: milliseconds since 1970, by which what is there is judged.
    ///   - start: milliseconds since 1970, from which the period after an event is counted.
    /// - Throws: `accessDenied` for what would keep the version less long than it is to be kept.
    package func changed(
        by request: ObjectRetentionRequest, at time: Int64, periodsFrom start: Int64, bypassesGovernance: Bool
    ) throws(S3Error) -> ObjectLock {
        var changed = self
        changed.retention = try request.retention(replacing: retention, at: time, periodsFrom: start)
        guard let present = retention, present.isActive(at: time) else { return changed }
        // The event that was waited for has come: what is kept by then is kept on as was said before.
        var demanded = present
        if request.eventHold == false, let period = present.eventHold {
            demanded.eventHold = nil
            demanded.until = max(present.until ?? .min, start + period.milliseconds)
        }
        if let new = changed.retention, new.isNoShorter(than: demanded) { return changed }
        guard present.mode == .governance, bypassesGovernance else { throw Self.locked }
        return changed
    }

    /// A version that is to be kept longer was to be removed, or its retention shortened.
    package static var locked: S3Error {
        S3Error(.accessDenied, "Access Denied because object protected by object lock.")
    }

    /// The lock of a copy whose original has this other one now: its retention where it keeps no less long, its legal hold
    /// in any case.
    package func following(_ original: ObjectLock) -> ObjectLock {
        var lock = self
        lock.legalHold = original.legalHold
        guard let new = original.retention else { return lock }
        guard var present = retention else {
            lock.retention = new
            return lock
        }
        if new.mode == .compliance { present.mode = .compliance }
        if new.isNoShorter(than: present) { lock.retention = new }
        return lock
    }

    // MARK: Headers

    /// What the headers of a write say of it.
    ///
    /// - Parameter time: milliseconds since 1970; what is to be kept until before is not to be kept.
    /// - Throws: `invalidArgument` for what is half said or not valid.
    package init(_ headers: [(name: String, value: String)], at time: Int64) throws(S3Error) {
        self.init()
        var mode: Mode?
        var until: Int64?
        var days: String?
        var years: String?
        var holdsForEvent = false
        for index in headers.indices where headers[index].name.begins(with: "x-amz-object-lock-") {
            let (name, value) = headers[index]
            switch name {
            case "x-amz-object-lock-mode":
                guard let known = Mode(rawValue: value) else {
                    throw Self.invalid(name, value, "Unknown wormMode directive.")
                }
                mode = known
            case "x-amz-object-lock-retain-until-date": until = try Self.futureTime(value, name, after: time)
            case "x-amz-object-lock-legal-hold": legalHold = try Self.isOn(value, name)
            case "x-amz-object-lock-event-hold": holdsForEvent = try Self.isOn(value, name)
            case "x-amz-object-lock-event-hold-duration-days": days = value
            case "x-amz-object-lock-event-hold-duration-years": years = value
            default: break
            }
        }
        let hold = holdsForEvent ? try LockPeriod(days: days, years: years) : nil
        guard (mode == nil) == (until == nil && hold == nil) else {
            throw S3Error(
                .invalidArgument,
                "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
                details: [("ArgumentName", "x-amz-object-lock-mode")])
        }
        if let mode { retention = Retention(mode: mode, until: until, eventHold: hold) }
    }

    /// What GET and HEAD tell of the retention.
    package var retentionHeaders: [(name: String, value: String)] {
        guard let retention else { return [] }
        var headers = [(name: "x-amz-object-lock-mode", value: retention.mode.rawValue)]
        if let until = retention.until {
            headers.append(("x-amz-object-lock-retain-until-date", HTTPDate.iso8601(until)))
        }
        switch retention.eventHold {
        case nil: break
        case .days(let days):
            headers.append(("x-amz-object-lock-event-hold", "ON"))
            headers.append(("x-amz-object-lock-event-hold-duration-days", "\(days)"))
        case .years(let years):
            headers.append(("x-amz-object-lock-event-hold", "ON"))
            headers.append(("x-amz-object-lock-event-hold-duration-years", "\(years)"))
        }
        return headers
    }

    /// What GET and HEAD tell of the legal hold.
    package var legalHoldHeaders: [(name: String, value: String)] {
        legalHold.map { [("x-amz-object-lock-legal-hold", $0 ? "ON" : "OFF")] } ?? []
    }

    private static func isOn(_ value: String, _ name: String) throws(S3Error) -> Bool {
        switch value {
        case "ON": return true
        case "OFF": return false
        case let other: throw invalid(name, other, "The value of \(name) must be ON or OFF")
        }
    }

    /// - Throws: `invalidArgument` for what is no time, or one that has passed.
    static func futureTime(_ value: String, _ name: String, after time: Int64) throws(S3Error) -> Int64 {
        guard let seconds = HTTPDate.parse(value.trimmed) else {
            throw invalid(name, value, "The retain until date must be provided in ISO 8601 format")
        }
        guard seconds * 1000 > time else { throw invalid(name, value, "The retain until date must be in the future!") }
        return seconds * 1000
    }

    private static func invalid(_ name: String, _ value: String, _ message: String) -> S3Error {
        S3Error(.invalidArgument, message, details: [("ArgumentName", name), ("ArgumentValue", value)])
    }
}

extension LockPeriod {
    /// - Throws: `invalidRetentionPeriod` for a number out of range, `malformedXML` unless there is exactly one.
    init(days: String?, years: String?) throws(S3Error) {
        switch (days, years) {
        case (let days?, nil): self = .days(try Self.number(days, upTo: 36_500))
        case (nil, let years?): self = .years(try Self.number(years, upTo: 100))
        case (nil, nil), (.some, .some): throw S3Error(.malformedXML)
        }
    }

    private static func number(_ text: String, upTo greatest: Int64) throws(S3Error) -> Int64 {
        guard let number = Int64(text.trimmed) else { throw S3Error(.malformedXML) }
        guard (1...greatest).contains(number) else {
            throw S3Error(
                .invalidRetentionPeriod,
                number < 1
                    ? "Default retention period must be a positive integer value."
                    : "Default retention period too large.")
        }
        return number
    }

    /// The period that an element's children `Days` or `Years` say.
    init(_ element: XMLElement) throws(S3Error) {
        try self.init(days: try element.optionalText("Days"), years: try element.optionalText("Years"))
    }

    func write(to xml: inout XMLWriter) {
        switch self {
        case .days(let days): xml.element("Days", days)
        case .years(let years): xml.element("Years", years)
        }
    }
}
