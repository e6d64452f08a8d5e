import Notation
import S3Protocol

/// The parameters of a request: a form in its body, or its query.
struct STSForm {
    /// A form has a dozen.
    private static let longest = 100

    private let fields: [(name: String, value: String)]

    /// - Throws: for a form that is none, and a name that stands there twice: which of the two counts would be a guess.
    init(_ body: [UInt8], _ target: RequestTarget) throws(STSError) {
        var fields = target.query
        for pair in body.split(separator: UInt8(ascii: "&")) {
            guard fields.count < Self.longest else {
                throw STSError(.invalidParameterValue, "The form has too many fields.")
            }
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            fields.append((try Self.text(parts[0]), parts.count == 2 ? try Self.text(parts[1]) : ""))
        }
        var names: Set<[UInt8]> = []
        for field in fields {
            guard names.insert(Array(field.name.utf8)).inserted else {
                throw STSError(.invalidParameterValue, "A parameter stands there twice: \(STSError.shown(field.name)).")
            }
        }
        self.fields = fields
    }

    private static func text(_ encoded: ArraySlice<UInt8>) throws(STSError) -> String {
        guard let bytes = PercentEncoding.decode(Array(encoded), plus: .space),
            let text = String(validating: bytes, as: UTF8.self)
        else { throw STSError(.invalidParameterValue, "The form is malformed.") }
        return text
    }

    /// `nil` for one that is not there, or empty.
    subscript(name: String) -> String? {
        fields.first { $0.name.hasSameBytes(as: name) }.flatMap { $0.value.isEmpty ? nil : $0.value }
    }

    func required(_ name: String) throws(STSError) -> String {
        guard let value = self[name] else { throw STSError(.missingParameter, "The parameter \(name) is missing.") }
        return value
    }

    static func isForm(contentType type: String) -> Bool {
        let name = "application/x-www-form-urlencoded"
        guard type.utf8.count >= name.utf8.count, type.prefix(name.count).lowercased() == name else { return false }
        return type.utf8.count == name.utf8.count || type.dropFirst(name.count).first.map { ";, ".contains($0) } == true
    }
}
