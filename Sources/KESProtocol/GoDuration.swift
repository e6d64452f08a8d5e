/// Durations as Go spells them: `300ms`, `1m30s`, `1.5h`.
package enum GoDuration {
    /// Throws Go's own words for what is wrong.
    package static func parse(_ text: String) throws(GoDurationError) -> Duration { throw GoDurationError("") }

    /// The shortest spelling with a unit, such as `1m30s`, `825.619µs` or `0s`.
    package static func format(_ duration: Duration) -> String { "" }
}

package struct GoDurationError: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
