/// One thing at rest that is not as it should be.
package struct DriveFinding: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, CaseIterable, Sendable {
        /// It does not authenticate, or contradicts what refers to it.
        case damaged
        /// What a row refers to is not there.
        case missing
        /// It is authentic, and not what was committed last.
        case rolledBack = "rolled-back"
        /// Its key cannot be had: it may be whole.
        case unopened
        /// A file that no row refers to: it takes room, and nothing is lost.
        case orphan
        /// A count that is not that of the rows.
        case miscounted
    }

    package enum Subject: String, Codable, Sendable {
        case object, annotation, upload, part, bucket, setting, account, event, completion
        case dataKey = "data-key"
        case file, catalogue
    }

    package let kind: Kind
    package let subject: Subject
    /// The bucket's name, or its number when it has none.
    package var bucket: String?
    /// The object's key.
    package var key: String?
    /// The version's identifier in the catalogue, in hexadecimal: also of the null version.
    package var version: String?
    /// The row number of a version.
    package var row: Int64?
    /// What is wrong.
    package let detail: String

    package init(
        _ kind: Kind, _ subject: Subject, bucket: String? = nil, key: String? = nil, version: String? = nil,
        _ detail: String
    ) {
        self.kind = kind
        self.subject = subject
        self.bucket = bucket
        self.key = key
        self.version = version
        self.detail = detail
    }

    /// What it is about, as people read it: `object photos/a.jpg`.
    package var title: String {
        let place = [bucket, key].compactMap(\.self).joined(separator: "/")
        return place.isEmpty ? subject.rawValue : "\(subject.rawValue) \(place)"
    }
}
