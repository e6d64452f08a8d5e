/// A bucket's notification configuration: the body of PutBucketNotificationConfiguration and the answer of its GET.
package struct NotificationConfiguration: Hashable, Sendable {
    package struct Rule: Hashable, Sendable {
        /// As the client calls it.
        package var id: String
        /// At least one.
        package var events: [EventPattern]
        package var filter: KeyFilter
        package var target: NotificationTarget

        /// Whether two rules would tell a target the same.
        fileprivate func isSame(as other: Rule) -> Bool {
            target == other.target && filter == other.filter && Set(events) == Set(other.events)
        }
    }

    package private(set) var rules: [Rule]

    package static let maximumRules = 100
    /// Bytes of the document.
    package static let maximumByteCount = 64 << 10
    /// Characters of a rule's `Id`.
    private static let maximumIDLength = 255
    /// Characters of a filter's value.
    private static let maximumFilterLength = 1024

    /// - Parameter newID: gives a rule a name that has none.
    /// - Throws: `malformedXML`; `invalidArgument` for events, filters and targets that there are not, and for rules that
    ///   say the same.
    package static func parse(
        _ document: some Collection<UInt8>, newID: () -> String = { "" }
    ) throws(S3Error) -> NotificationConfiguration {
        let root = try XMLReader.parse(document, root: "NotificationConfiguration")
        var rules: [Rule] = []
        for element in root.children {
            switch element.name {
            case "QueueConfiguration": rules.append(try rule(element, newID))
            case "TopicConfiguration", "CloudFunctionConfiguration", "LambdaFunctionConfiguration",
                "EventBridgeConfiguration":
                throw S3Error(
                    .invalidArgument,
                    "Notifications go to webhooks alone here, which a QueueConfiguration names; not to what a "
                        + "\(element.name) does.")
            // What it asks for nobody knows, so it cannot be kept.
            default: throw S3Error(.malformedXML)
            }
        }
        guard rules.count <= maximumRules else { throw S3Error(.malformedXML) }
        for (index, rule) in rules.enumerated() where rules[..<index].contains(where: { $0.isSame(as: rule) }) {
            throw S3Error(
                .invalidArgument,
                "An object key name filtering rule defined with overlapping prefixes, overlapping suffixes, or "
                    + "overlapping combinations of prefixes and suffixes for the same event types.")
        }
        return NotificationConfiguration(rules: rules)
    }

    private static func rule(_ element: XMLElement, _ newID: () -> String) throws(S3Error) -> Rule {
        for child in element.children where !["Id", "Queue", "Event", "Filter"].contains(child.name) {
            throw S3Error(.malformedXML)
        }
        let id = try element.optionalText("Id")?.trimmed ?? ""
        guard id.unicodeScalars.count <= maximumIDLength else { throw S3Error(.malformedXML) }
        let arn = try element.optionalText("Queue")?.trimmed ?? ""
        guard let target = NotificationTarget(arn: arn) else { throw unknownTarget }
        var events: [EventPattern] = []
        for child in element.all("Event") {
            guard child.children.isEmpty else { throw S3Error(.malformedXML) }
            let event = try EventPattern(child.text.trimmed)
            guard !events.contains(event) else { throw S3Error(.malformedXML) }
            events.append(event)
        }
        guard !events.isEmpty else { throw S3Error(.malformedXML) }
        return Rule(
            id: id.isEmpty ? newID() : id, events: events, filter: try filter(element.optional("Filter")),
            target: target)
    }

    private static func filter(_ element: XMLElement?) throws(S3Error) -> KeyFilter {
        guard let rules = try element?.optional("S3Key")?.all("FilterRule") else { return KeyFilter() }
        var prefix: String?
        var suffix: String?
        for rule in rules {
            // Blanks belong to a key.
            let value = try rule.optionalText("Value") ?? ""
            guard value.unicodeScalars.count <= maximumFilterLength else {
                throw S3Error(
                    .invalidArgument, "Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation")
            }
            let isFirst: Bool
            switch try rule.optionalText("Name")?.trimmed.lowercased() {
            case "prefix":
                isFirst = prefix == nil
                prefix = value
            case "suffix":
                isFirst = suffix == nil
                suffix = value
            default: throw S3Error(.invalidArgument, "filter rule name must be either prefix or suffix")
            }
            guard isFirst else {
                throw S3Error(.invalidArgument, "Cannot specify more than one prefix or suffix rule in a filter.")
            }
        }
        return KeyFilter(prefix: prefix ?? "", suffix: suffix ?? "")
    }

    /// The refusal of a target that this server does not have.
    package static let unknownTarget = S3Error(
        .invalidArgument,
        "A specified destination ARN does not exist or is not well-formed. Verify the destination ARN.")

    /// The refusal of a target that is said to be in another region than this server.
    package static let foreignTarget = S3Error(
        .invalidArgument,
        "A specified destination is in a different region than the bucket. You must use a destination that resides in "
            + "the same region as the bucket.")

    /// The targets that are to be told of an event, each once.
    package func targets(of event: EventName, key: String) -> [String] {
        var targets: [String] = []
        for rule in rules where rule.events.contains(where: { $0.matches(event) }) && rule.filter.matches(key) {
            if !targets.contains(rule.target.id) { targets.append(rule.target.id) }
        }
        return targets
    }

    package func xml() -> [UInt8] {
        var xml = XMLWriter(capacity: 256 + rules.count * 384)
        xml.openRoot("NotificationConfiguration")
        for rule in rules {
            xml.open("QueueConfiguration")
            xml.element("Id", rule.id)
            let named = [(name: "prefix", value: rule.filter.prefix), (name: "suffix", value: rule.filter.suffix)]
            let filters = named.filter { !$0.value.isEmpty }
            if !filters.isEmpty {
                xml.open("Filter")
                xml.open("S3Key")
                for filter in filters {
                    xml.open("FilterRule")
                    xml.element("Name", filter.name)
                    xml.element("Value", filter.value)
                    xml.close("FilterRule")
                }
                xml.close("S3Key")
                xml.close("Filter")
            }
            for event in rule.events { xml.element("Event", event.text) }
            xml.element("Queue", rule.target.arn)
            xml.close("QueueConfiguration")
        }
        xml.close("NotificationConfiguration")
        return xml.bytes
    }
}
