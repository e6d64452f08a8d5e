import JSON
import S3Protocol

/// A bucket's object lock as the page spells it.
enum LockingSetting {
    static func value(_ configuration: ObjectLockConfiguration) -> JSONValue {
        var retention: JSONValue = .null
        if let rule = configuration.defaultRetention {
            var members = JSONObject(["mode": .string(rule.mode.rawValue)])
            switch rule.period {
            case .days(let days)?: members["days"] = .integer(days)
            case .years(let years)?: members["years"] = .integer(years)
            case nil: break
            }
            retention = members.value
        }
        return .object(["enabled": .bool(true), "retention": retention])
    }

    /// The document that sets it.
    static func configuration(_ value: JSONValue) throws -> [UInt8] {
        let members = try JSONMembers(value, known: ["enabled", "retention"], path: "locking")
        guard try members.flag("enabled") else { throw ConsoleError.invalid("Object lock cannot be switched off.") }
        var xml = XMLWriter()
        xml.openRoot("ObjectLockConfiguration")
        xml.element("ObjectLockEnabled", "Enabled")
        if let retention = try members.members("retention", known: ["mode", "days", "years"]) {
            xml.open("Rule")
            xml.open("DefaultRetention")
            xml.element("Mode", try retention.required("mode"))
            if let days = try retention.integer("days") { xml.element("Days", days) }
            if let years = try retention.integer("years") { xml.element("Years", years) }
            xml.close("DefaultRetention")
            xml.close("Rule")
        }
        xml.close("ObjectLockConfiguration")
        return xml.bytes
    }
}
