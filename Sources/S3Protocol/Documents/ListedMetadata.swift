import Notation

/// What MinIO's listings show of an object besides: its headers, its encryption and its tags.
package struct ListedMetadata: Sendable {
    /// By the names that clients of MinIO look for: those of user metadata and encryption as Go writes headers
    /// (`X-Amz-Meta-Some-Name`), those of content headers in lower case.
    private var entries: [(name: String, value: String)] = []
    private var tags: String?

    package init() {}

    /// Adds a header; one whose name XML cannot carry as that of an element is left out.
    ///
    /// - Parameter name: lower-case.
    package mutating func add(_ name: String, _ value: String) {
        guard name.utf8.allSatisfy(Self.isOfElements), let first = name.utf8.first, (0x61...0x7A).contains(first) else {
            return
        }
        entries.append((name.hasPrefix("x-amz-") ? Self.canonical(name) : name, value))
    }

    package mutating func set(_ tags: [(key: String, value: String)]) {
        guard !tags.isEmpty else { return }
        self.tags = tags.map { "\(Self.encode($0.key))=\(Self.encode($0.value))" }.joined(separator: "&")
    }

    func write(to xml: inout XMLWriter) {
        if !entries.isEmpty {
            xml.markup("<UserMetadata>")
            for (name, value) in entries { xml.element(named: name, value) }
            xml.markup("</UserMetadata>")
        }
        xml.element("UserTags", ifPresent: tags)
        // Of how many drives' data and parity the object is, on MinIO.
        xml.markup("<Internal><K>1</K><M>0</M></Internal>")
    }

    private static func isOfElements(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }

    private static func canonical(_ name: String) -> String {
        name.split(separator: "-", omittingEmptySubsequences: false).map { $0.prefix(1).uppercased() + $0.dropFirst() }
            .joined(separator: "-")
    }

    private static func encode(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 { PercentEncoding.append(byte, to: &bytes) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
