import Glibc
import Notation

/// A response's date line, made once a second.
struct HTTPDateText {
    private var second: time_t = -1
    private var line: [UInt8] = []

    /// The line with its CRLF.
    func withLine<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        line.withUnsafeBytes(body)
    }

    mutating func update(to now: time_t) {
        guard now != second else { return }
        second = now
        line = Array("Date: \(HTTPDate.format(Int64(now) * 1000))\r\n".utf8)
    }
}
