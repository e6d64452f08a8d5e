/// Which objects a lifecycle rule is about: those that meet all of its conditions.
package struct LifecycleFilter: Hashable, Sendable {
    package struct Tag: Hashable, Sendable {
        package var key: String
        package var value: String
    }

    /// How the prefix was written: clients compare what they get back with what they have sent.
    private enum Form: Hashable, Sendable {
        /// As the rule's own, which came before filters.
        case prefixOfRule
        case filter
    }

    /// At most 1024 bytes; nil is none.
    package var prefix: String?
    /// By key; every key once.
    package var tags: [Tag]
    /// Bytes; an object of exactly so many is not meant.
    package var sizeGreaterThan: Int64?
    /// Bytes; an object of exactly so many is not meant.
    package var sizeLessThan: Int64?
    private var form: Form

    private static let maximumPrefixLength = 1024

    /// Reads `Filter` or `Prefix` of a rule, one of which must be there.
    ///
    /// S3 wants several conditions in an `And`. Written side by side they are met together too: that is the least that
    /// the rule can be about.
    /// - Throws: `malformedXML`, `invalidRequest`, `invalidTag`.
    static func parse(rule: XMLElement) throws(S3Error) -> LifecycleFilter {
        let prefix = try rule.optionalText("Prefix")
        guard let element = try rule.optional("Filter") else {
            guard let prefix else { throw S3Error(.malformedXML) }
            try require(prefix)
            return LifecycleFilter(prefix: prefix, tags: [], form: .prefixOfRule)
        }
        guard prefix == nil else { throw S3Error(.malformedXML) }
        try element.requireChildren(["Prefix", "Tag", "ObjectSizeGreaterThan", "ObjectSizeLessThan", "And"])
        var filter = LifecycleFilter(tags: [], form: .filter)
        var tags = try element.optional("Tag").map { [$0] } ?? []
        try filter.take(element)
        if let and = try element.optional("And") {
            try and.requireChildren(["Prefix", "Tag", "ObjectSizeGreaterThan", "ObjectSizeLessThan"])
            guard !and.children.isEmpty else { throw S3Error(.malformedXML) }
            tags += and.all("Tag")
            try filter.take(and)
        }
        filter.tags = try checked(tags)
        if let greater = filter.sizeGreaterThan, let less = filter.sizeLessThan, less <= greater {
            throw S3Error(
                .invalidRequest, "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'")
        }
        return filter
    }

    /// Adds the conditions of an element, but for tags.
    private mutating func take(_ element: XMLElement) throws(S3Error) {
        if let further = try element.optionalText("Prefix") {
            try Self.require(further)
            let present = prefix ?? ""
            // Of two prefixes the longer one says all, unless nothing begins with both.
            if further.utf8.starts(with: present.utf8) {
                prefix = further
            } else if !present.utf8.starts(with: further.utf8) {
                throw S3Error(.malformedXML)
            }
        }
        if let size = try element.optionalNumber("ObjectSizeGreaterThan") {
            sizeGreaterThan = max(size, sizeGreaterThan ?? size)
        }
        if let size = try element.optionalNumber("ObjectSizeLessThan") {
            guard size > 0 else { throw S3Error(.invalidRequest, "'ObjectSizeLessThan' has to be greater than 0") }
            sizeLessThan = min(size, sizeLessThan ?? size)
        }
    }

    private static func require(_ prefix: String) throws(S3Error) {
        guard prefix.utf8.count <= maximumPrefixLength else {
            throw S3Error(.invalidRequest, "The maximum size of a prefix is \(maximumPrefixLength).")
        }
    }

    private static func checked(_ elements: [XMLElement]) throws(S3Error) -> [Tag] {
        var pairs: [(key: String, value: String)] = []
        for element in elements {
            try element.requireChildren(["Key", "Value"])
            guard let key = try element.optionalText("Key"), let value = try element.optionalText("Value") else {
                throw S3Error(.malformedXML)
            }
            pairs.append((key, value))
        }
        return try ObjectTags(checking: pairs, maximum: ObjectTags.maximumOfObject).pairs
            .map { Tag(key: $0.key, value: $0.value) }
    }

    // MARK: Meeting it

    func admits(key: String) -> Bool {
        prefix.map { key.utf8.starts(with: $0.utf8) } ?? true
    }

    func admits(size: Int64) -> Bool {
        size > (sizeGreaterThan ?? -1) && size < (sizeLessThan ?? .max)
    }

    /// - Parameter present: those of the object, every key once.
    func admits(_ present: [(key: String, value: String)]) -> Bool {
        tags.allSatisfy { tag in
            present.contains { pair in
                pair.key.utf8.elementsEqual(tag.key.utf8) && pair.value.utf8.elementsEqual(tag.value.utf8)
            }
        }
    }

    // MARK: Writing

    func write(to xml: inout XMLWriter) {
        switch form {
        case .prefixOfRule: xml.element("Prefix", prefix ?? "")
        case .filter:
            let conditions =
                (prefix == nil ? 0 : 1) + tags.count + (sizeGreaterThan == nil ? 0 : 1) + (sizeLessThan == nil ? 0 : 1)
            xml.open("Filter")
            if conditions > 1 { xml.open("And") }
            xml.element("Prefix", ifPresent: prefix)
            for tag in tags {
                xml.open("Tag")
                xml.element("Key", tag.key)
                xml.element("Value", tag.value)
                xml.close("Tag")
            }
            if let sizeGreaterThan { xml.element("ObjectSizeGreaterThan", sizeGreaterThan) }
            if let sizeLessThan { xml.element("ObjectSizeLessThan", sizeLessThan) }
            if conditions > 1 { xml.close("And") }
            xml.close("Filter")
        }
    }
}
