import Notation

/// A bucket's object lock: the body of PutObjectLockConfiguration and the answer of GetObjectLockConfiguration.
package struct ObjectLockConfiguration: Hashable, Sendable {
    /// What a new version gets whose writer says nothing of its retention.
    package struct DefaultRetention: Hashable, Sendable {
        package var mode: ObjectLock.Mode
        /// Nil when there is an event hold alone.
        package var period: LockPeriod?
        package var eventHold: LockPeriod?

        /// - Parameter start: milliseconds since 1970.
        package func retention(from start: Int64) -> ObjectLock.Retention {
            ObjectLock.Retention(mode: mode, until: period.map { start + $0.milliseconds }, eventHold: eventHold)
        }
    }

    package var defaultRetention: DefaultRetention?

    package init(defaultRetention: DefaultRetention? = nil) {
        self.defaultRetention = defaultRetention
    }

    /// - Throws: `malformedXML`, `invalidRetentionPeriod`.
    package static func parse(_ document: some Collection<UInt8>) throws(S3Error) -> ObjectLockConfiguration {
        let root = try XMLReader.parse(document, root: "ObjectLockConfiguration")
        guard try root.optionalText("ObjectLockEnabled")?.trimmed == "Enabled" else { throw S3Error(.malformedXML) }
        guard let rule = try root.optional("Rule") else { return ObjectLockConfiguration() }
        guard let element = try rule.optional("DefaultRetention"),
            let mode = ObjectLock.Mode(rawValue: try element.optionalText("Mode")?.trimmed ?? "")
        else { throw S3Error(.malformedXML) }
        var defaults = DefaultRetention(mode: mode)
        if let hold = try element.optional("DefaultEventHold") { defaults.eventHold = try LockPeriod(hold) }
        let hasPeriod = element.children.contains { $0.name == "Days" || $0.name == "Years" }
        if hasPeriod || defaults.eventHold == nil { defaults.period = try LockPeriod(element) }
        return ObjectLockConfiguration(defaultRetention: defaults)
    }

    package func xml() -> [UInt8] {
        var xml = XMLWriter(capacity: 512)
        xml.openRoot("ObjectLockConfiguration")
        xml.element("ObjectLockEnabled", "Enabled")
        if let defaults = defaultRetention {
            xml.markup("<Rule><DefaultRetention>")
            xml.element("Mode", defaults.mode.rawValue)
            defaults.period?.write(to: &xml)
            if let hold = defaults.eventHold {
                xml.open("DefaultEventHold")
                hold.write(to: &xml)
                xml.close("DefaultEventHold")
            }
            xml.markup("</DefaultRetention></Rule>")
        }
        xml.close("ObjectLockConfiguration")
        return xml.bytes
    }
}

/// The body of a PutObjectRetention.
package struct ObjectRetentionRequest: Hashable, Sendable {
    package var mode: ObjectLock.Mode?
    /// As sent: whether it has passed is asked when the retention is changed.
    package var until: String?
    /// Whether an event is to be waited for; nil leaves that as it is.
    package var eventHold: Bool?
    package var eventHoldPeriod: LockPeriod?

    /// - Throws: `malformedXML`, `invalidRetentionPeriod`.
    package static func parse(_ document: some Collection<UInt8>) throws(S3Error) -> ObjectRetentionRequest {
        let root = try XMLReader.parse(document, root: "Retention")
        var request = ObjectRetentionRequest()
        if let text = try root.optionalText("Mode")?.trimmed, !text.isEmpty {
            guard let mode = ObjectLock.Mode(rawValue: text) else { throw S3Error(.malformedXML) }
            request.mode = mode
        }
        if let text = try root.optionalText("RetainUntilDate")?.trimmed, !text.isEmpty { request.until = text }
        switch try root.optionalText("EventHold")?.trimmed {
        case nil: break
        case "ON": request.eventHold = true
        case "OFF": request.eventHold = false
        case .some: throw S3Error(.malformedXML)
        }
        if let period = try root.optional("EventHoldDuration") { request.eventHoldPeriod = try LockPeriod(period) }
        guard request.eventHold != nil || (request.mode == nil) == (request.until == nil) else {
            throw S3Error(.malformedXML)
        }
        return request
    }

    /// The retention that is asked for; nil for none.
    func retention(
        replacing present: ObjectLock.Retention?, at time: Int64, periodsFrom start: Int64
    ) throws(S3Error) -> ObjectLock.Retention? {
        let until = try self.until.map { text throws(S3Error) in
            try ObjectLock.futureTime(text, "RetainUntilDate", after: time)
        }
        switch eventHold {
        case nil:
            guard let mode else { return nil }
            return ObjectLock.Retention(mode: mode, until: until, eventHold: present?.eventHold)
        case true:
            guard let mode = mode ?? present?.mode, let period = eventHoldPeriod ?? present?.eventHold else {
                throw S3Error(.malformedXML)
            }
            return ObjectLock.Retention(mode: mode, until: until ?? present?.until, eventHold: period)
        case false:
            guard let mode = mode ?? present?.mode else { return nil }
            let kept = present?.eventHold.map { start + $0.milliseconds }
            let end = [until, present?.until, kept].compactMap(\.self).max()
            return end.map { ObjectLock.Retention(mode: mode, until: $0) }
        }
    }
}

extension ObjectLock {
    /// The answer of GetObjectRetention; nil when there is no retention.
    package func retentionXML() -> [UInt8]? {
        guard let retention else { return nil }
        var xml = XMLWriter(capacity: 384)
        xml.openRoot("Retention")
        xml.element("Mode", retention.mode.rawValue)
        if let until = retention.until { xml.element("RetainUntilDate", milliseconds: until) }
        if let period = retention.eventHold {
            xml.element("EventHold", "ON")
            xml.open("EventHoldDuration")
            period.write(to: &xml)
            xml.close("EventHoldDuration")
        }
        xml.close("Retention")
        return xml.bytes
    }

    /// The answer of GetObjectLegalHold; nil when nobody has said anything of one.
    package func legalHoldXML() -> [UInt8]? {
        guard let legalHold else { return nil }
        var xml = XMLWriter(capacity: 192)
        xml.openRoot("LegalHold")
        xml.element("Status", legalHold ? "ON" : "OFF")
        xml.close("LegalHold")
        return xml.bytes
    }

    /// The body of a PutObjectLegalHold.
    ///
    /// - Throws: `malformedXML`.
    package static func parseLegalHold(_ document: some Collection<UInt8>) throws(S3Error) -> Bool {
        let root = try XMLReader.parse(document, root: "LegalHold")
        switch try root.optionalText("Status")?.trimmed {
        case "ON": return true
        case "OFF": return false
        case nil, .some: throw S3Error(.malformedXML)
        }
    }
}
