import Notation

/// A bucket's lifecycle configuration: the body of PutBucketLifecycleConfiguration and the answer of
/// GetBucketLifecycleConfiguration.
package struct LifecycleConfiguration: Hashable, Sendable {
    /// From which size objects would change their storage class where a rule says nothing of sizes.
    ///
    /// This server has one class, and moves nothing; clients see theirs again.
    package enum TransitionMinimum: String, Hashable, Sendable {
        case all128K = "all_storage_classes_128K"
        case byStorageClass = "varies_by_storage_class"

        package static let header = "x-amz-transition-default-minimum-object-size"
    }

    /// 1…1000, each with an identifier that no other has.
    package var rules: [LifecycleRule]
    package var transitionMinimum: TransitionMinimum
    /// When it was put: milliseconds since 1970; nil of one that was not stored yet.
    package var updated: Int64?

    package static let maximumRules = 1000

    /// - Throws: `malformedXML`, also for an element that there is not: a condition that is not understood would let a
    ///   rule remove more than it should. As ``LifecycleRule/parse(_:)``; `invalidArgument` for an identifier given twice.
    package static func parse(_ document: some Collection<UInt8>) throws(S3Error) -> LifecycleConfiguration {
        let root = try XMLReader.parse(document, root: "LifecycleConfiguration")
        // MinIO's export of a bucket's settings has the time in it.
        try root.requireChildren(["Rule", "ExpiryUpdatedAt"])
        return try configuration(root)
    }

    /// Reads what ``storedXML()`` has written.
    ///
    /// - Throws: `malformedXML`.
    package static func parse(stored document: some Collection<UInt8>) throws(S3Error) -> LifecycleConfiguration {
        let root = try XMLReader.parse(document, root: "LifecycleConfiguration")
        try root.requireChildren(["Rule", "Updated", "TransitionMinimum"])
        var configuration = try configuration(root)
        configuration.updated = try root.optionalNumber("Updated")
        if let text = try root.optionalText("TransitionMinimum") {
            guard let minimum = TransitionMinimum(rawValue: text) else { throw S3Error(.malformedXML) }
            configuration.transitionMinimum = minimum
        }
        return configuration
    }

    private static func configuration(_ root: XMLElement) throws(S3Error) -> LifecycleConfiguration {
        let elements = root.all("Rule")
        guard (1...maximumRules).contains(elements.count) else { throw S3Error(.malformedXML) }
        var rules: [LifecycleRule] = []
        rules.reserveCapacity(elements.count)
        // As bytes: texts are equal in more ways than one.
        var identifiers: Set<[UInt8]> = []
        for element in elements {
            let rule = try LifecycleRule.parse(element)
            guard identifiers.insert(Array(rule.id.utf8)).inserted else {
                throw S3Error(
                    .invalidArgument, "Rule ID must be unique. Found same ID for more than one rule",
                    details: [("ArgumentName", "ID"), ("ArgumentValue", rule.id)])
            }
            rules.append(rule)
        }
        return LifecycleConfiguration(rules: rules, transitionMinimum: .all128K)
    }

    package func xml() -> [UInt8] { document(stored: false) }

    /// The document as it is kept, with what stands elsewhere in a request.
    package func storedXML() -> [UInt8] { document(stored: true) }

    private func document(stored: Bool) -> [UInt8] {
        var xml = XMLWriter(capacity: 256 + rules.count * 384)
        xml.openRoot("LifecycleConfiguration")
        for rule in rules { rule.write(to: &xml) }
        if stored {
            if let updated { xml.element("Updated", updated) }
            xml.element("TransitionMinimum", transitionMinimum.rawValue)
        }
        xml.close("LifecycleConfiguration")
        return xml.bytes
    }
}

extension XMLElement {
    /// - Throws: `malformedXML` when there is a child of another name, naming it.
    func requireChildren(_ names: Set<String>) throws(S3Error) {
        if let unknown = children.first(where: { !names.contains($0.name) }) {
            throw S3Error(.malformedXML, details: [("Element", unknown.name)])
        }
    }
}
