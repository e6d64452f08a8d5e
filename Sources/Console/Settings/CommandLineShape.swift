import JSON
import S3Protocol

/// Documents of S3 in the shape that AWS's command line gives them: lists have the plural of their elements' name, numbers
/// and flags are such.
///
/// What is set is checked by S3, which gets the document in its own shape.
enum CommandLineShape {
    /// Elements that may stand there several times, by the names that their lists have.
    private static let lists = [
        "Rules": "Rule", "Transitions": "Transition", "NoncurrentVersionTransitions": "NoncurrentVersionTransition",
        "Tags": "Tag", "CORSRules": "CORSRule", "AllowedHeaders": "AllowedHeader", "AllowedMethods": "AllowedMethod",
        "AllowedOrigins": "AllowedOrigin", "ExposeHeaders": "ExposeHeader", "Events": "Event",
        "QueueConfigurations": "QueueConfiguration", "TopicConfigurations": "TopicConfiguration",
        "LambdaFunctionConfigurations": "CloudFunctionConfiguration", "FilterRules": "FilterRule",
    ]
    private static let plurals = Dictionary(lists.map { ($0.value, $0.key) }, uniquingKeysWith: { one, _ in one })
    private static let numbers: Set<String> = [
        "Days", "NoncurrentDays", "NewerNoncurrentVersions", "DaysAfterInitiation", "MaxAgeSeconds",
        "ObjectSizeGreaterThan", "ObjectSizeLessThan",
    ]
    private static let flags: Set<String> = ["ExpiredObjectDeleteMarker", "ExpiredObjectAllVersions"]
    /// Elements whose names the command line spells otherwise.
    private static let spellings = [
        "Queue": "QueueArn", "Topic": "TopicArn", "CloudFunction": "LambdaFunctionArn", "S3Key": "Key",
    ]

    // MARK: From S3

    static func json(of element: XMLElement) -> JSONValue {
        var members = JSONObject()
        for child in element.children {
            // The one tag of a filter is no list; those of `And` are.
            if let plural = plurals[child.name], !(child.name == "Tag" && element.name == "Filter") {
                var list = members[plural]?.elements ?? []
                list.append(value(of: child))
                members[plural] = .array(list)
            } else {
                members[spellings[child.name] ?? child.name] = value(of: child)
            }
        }
        return members.value
    }

    private static func value(of element: XMLElement) -> JSONValue {
        guard element.children.isEmpty else { return json(of: element) }
        let text = element.text.trimmed
        if numbers.contains(element.name), let number = Int64(text) { return .integer(number) }
        if flags.contains(element.name) { return .bool(text == "true") }
        return emptyObjects.contains(element.name) && text.isEmpty ? JSONObject().value : .string(element.text)
    }

    /// Elements that mean something without children.
    private static let emptyObjects: Set<String> = ["Filter", "And"]

    // MARK: To S3

    /// - Throws: for what is no object of texts, numbers, flags, lists and such objects.
    static func xml(of value: JSONValue, root: String) throws(ConsoleError) -> [UInt8] {
        guard case .object(let members) = value else { throw .invalid("The setting is not an object.") }
        var xml: [UInt8] = []
        try append(root, members, to: &xml, xmlns: true)
        return xml
    }

    private static func append(
        _ name: String, _ members: [(name: String, value: JSONValue)], to xml: inout [UInt8], xmlns: Bool = false
    ) throws(ConsoleError) {
        xml.append(contentsOf: "<\(name)\(xmlns ? " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"" : "")>".utf8)
        for (member, value) in members {
            guard isName(member) else { throw .invalid("A member of the setting has no name that S3 could have.") }
            if let single = lists[member], case .array(let elements) = value {
                for element in elements { try append(single, element, to: &xml) }
            } else {
                try append(spelling(member, value), value, to: &xml)
            }
        }
        xml.append(contentsOf: "</\(name)>".utf8)
    }

    /// A `Key` is that of a tag, or an object's of which a filter tells.
    private static func spelling(_ member: String, _ value: JSONValue) -> String {
        if member == "Key" {
            guard case .object = value else { return member }
            return "S3Key"
        }
        return spellings.first { $0.value == member }?.key ?? member
    }

    private static func append(_ name: String, _ value: JSONValue, to xml: inout [UInt8]) throws(ConsoleError) {
        switch value {
        case .object(let members): try append(name, members, to: &xml)
        case .array: throw .invalid("The member '\(name)' is no list.")
        case .null: break
        case .string(let text): append(name, text: text, to: &xml)
        case .number(let text): append(name, text: text, to: &xml)
        case .bool(let flag): append(name, text: flag ? "true" : "false", to: &xml)
        }
    }

    private static func append(_ name: String, text: String, to xml: inout [UInt8]) {
        var writer = XMLWriter(capacity: 64)
        let prolog = writer.bytes.count
        writer.element(named: name, text)
        xml += writer.bytes[prolog...]
    }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, (0x41...0x5A).contains(first) || (0x61...0x7A).contains(first) else {
            return false
        }
        return name.utf8.allSatisfy {
            (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || (0x30...0x39).contains($0)
        }
    }
}
