import Notation

/// The body of a form (`application/x-www-form-urlencoded`), as token endpoints take it.
enum FormBody {
    static let contentType = (name: "content-type", value: "application/x-www-form-urlencoded")

    /// `name=value&…`, in the order given.
    static func encode(_ fields: [(name: String, value: String)]) -> [UInt8] {
        var body: [UInt8] = []
        for (index, field) in fields.enumerated() {
            if index > 0 { body.append(UInt8(ascii: "&")) }
            PercentEncoding.append(field.name.utf8, to: &body)
            body.append(UInt8(ascii: "="))
            PercentEncoding.append(field.value.utf8, to: &body)
        }
        return body
    }
}
