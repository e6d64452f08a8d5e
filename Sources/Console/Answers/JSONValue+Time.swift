import JSON
import Notation

extension JSONValue {
    /// Milliseconds since 1970.
    static func time(_ milliseconds: Int64) -> JSONValue { .string(HTTPDate.iso8601(milliseconds)) }
}
