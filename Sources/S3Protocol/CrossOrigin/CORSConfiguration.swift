/// A bucket's CORS configuration: the body of PutBucketCors and the answer of GetBucketCors.
package struct CORSConfiguration: Hashable, Sendable {
    /// 1…100; the first that allows a request decides.
    package var rules: [CORSRule]

    package static let maximumRules = 100
    /// Bytes of the document.
    package static let maximumByteCount = 64 << 10
    /// Characters of a rule's `ID`.
    private static let maximumIDLength = 255

    /// - Throws: `malformedXML`; `invalidRequest` for a method that there is not, and for a `*` where or as often as there
    ///   must be none.
    package static func parse(_ document: some Collection<UInt8>) throws(S3Error) -> CORSConfiguration {
        let root = try XMLReader.parse(document, root: "CORSConfiguration")
        let elements = root.all("CORSRule")
        guard (1...maximumRules).contains(elements.count) else { throw S3Error(.malformedXML) }
        var rules: [CORSRule] = []
        for element in elements { rules.append(try rule(element)) }
        return CORSConfiguration(rules: rules)
    }

    private static func rule(_ element: XMLElement) throws(S3Error) -> CORSRule {
        let id = try element.optionalText("ID")?.trimmed
        guard (id?.unicodeScalars.count ?? 0) <= maximumIDLength else { throw S3Error(.malformedXML) }
        var methods: [CORSRule.Method] = []
        for name in try texts("AllowedMethod", of: element) {
            guard let method = CORSRule.Method(rawValue: name) else {
                throw S3Error(
                    .invalidRequest, "Found unsupported HTTP method in CORS config. Unsupported method is \(name)")
            }
            methods.append(method)
        }
        let origins = try patterns("AllowedOrigin", try texts("AllowedOrigin", of: element))
        guard !methods.isEmpty, !origins.isEmpty else { throw S3Error(.malformedXML) }
        let allowed = try texts("AllowedHeader", of: element)
        let exposed = try texts("ExposeHeader", of: element)
        if let wild = exposed.first(where: { $0.utf8.contains(UInt8(ascii: "*")) }) {
            throw S3Error(
                .invalidRequest,
                "ExposeHeader \"\(wild)\" contains wildcard. We currently do not support wildcard for ExposeHeader.")
        }
        // They are written into headers of answers: nothing that could end one may be among them.
        guard (allowed + exposed).allSatisfy(CrossOriginRequest.isToken) else { throw S3Error(.malformedXML) }
        return CORSRule(
            id: id?.isEmpty == true ? nil : id, allowedOrigins: origins, allowedMethods: methods,
            allowedHeaders: try patterns("AllowedHeader", allowed.map { $0.lowercased() }), exposedHeaders: exposed,
            maxAgeSeconds: try element.optionalNumber("MaxAgeSeconds"))
    }

    private static func texts(_ name: String, of element: XMLElement) throws(S3Error) -> [String] {
        var texts: [String] = []
        for child in element.all(name) {
            let text = child.text.trimmed
            guard child.children.isEmpty, !text.isEmpty else { throw S3Error(.malformedXML) }
            texts.append(text)
        }
        return texts
    }

    private static func patterns(_ name: String, _ texts: [String]) throws(S3Error) -> [WildcardPattern] {
        var patterns: [WildcardPattern] = []
        for text in texts {
            guard let pattern = WildcardPattern(text) else {
                throw S3Error(.invalidRequest, "\(name) \"\(text)\" can not have more than one wildcard.")
            }
            patterns.append(pattern)
        }
        return patterns
    }

    package func xml() -> [UInt8] {
        var xml = XMLWriter(capacity: 256 + rules.count * 256)
        xml.openRoot("CORSConfiguration")
        for rule in rules {
            xml.open("CORSRule")
            xml.element("ID", ifPresent: rule.id)
            for method in rule.allowedMethods { xml.element("AllowedMethod", method.rawValue) }
            for origin in rule.allowedOrigins { xml.element("AllowedOrigin", origin.text) }
            for header in rule.allowedHeaders { xml.element("AllowedHeader", header.text) }
            for header in rule.exposedHeaders { xml.element("ExposeHeader", header) }
            if let seconds = rule.maxAgeSeconds { xml.element("MaxAgeSeconds", seconds) }
            xml.close("CORSRule")
        }
        xml.close("CORSConfiguration")
        return xml.bytes
    }
}
