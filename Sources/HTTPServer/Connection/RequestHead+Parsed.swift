import NIOCore
import NIOHTTP1

extension RequestHead {
    /// Takes over what the parser read.
    ///
    /// `raw` holds the head's bytes when some value is not ASCII: the parser replaces what is not UTF-8, and a
    /// signature over the header could never be verified.
    init(_ parsed: HTTPRequestHead, raw: ByteBuffer?) {
        var headers: [(name: String, value: String)] = []
        if let raw {
            headers = raw.withUnsafeReadableBytes(Self.headers)
        } else {
            headers.reserveCapacity(parsed.headers.count)
            for (name, value) in parsed.headers {
                headers.append((Self.lowercase(name), Self.trim(value)))
            }
        }
        self.init(
            method: parsed.method.rawValue, target: parsed.uri, versionMinor: parsed.version.minor, headers: headers)
    }

    /// Reads the header lines of a head that has been found well-formed.
    private static func headers(_ head: UnsafeRawBufferPointer) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        guard var start = head.firstLineEnd().map({ $0 + 1 }) else { return [] }
        while let end = head.firstLineEnd(from: start) {
            if let line = HeaderLine(UnsafeRawBufferPointer(rebasing: head[start...end])) {
                let name = lowercase(String(decoding: line.name, as: UTF8.self))
                let value =
                    String(validating: line.value, as: UTF8.self)
                    ?? String(String.UnicodeScalarView(line.value.map { Unicode.Scalar($0) }))
                headers.append((name, value))
            }
            start = end + 1
        }
        return headers
    }

    private static func lowercase(_ name: String) -> String {
        guard name.utf8.contains(where: { $0.lowercased != $0 }) else { return name }
        return String(unsafeUninitializedCapacity: name.utf8.count) { buffer in
            var count = 0
            for byte in name.utf8 {
                buffer[count] = byte.lowercased
                count += 1
            }
            return count
        }
    }

    private static func trim(_ value: String) -> String {
        guard let first = value.utf8.first, let last = value.utf8.last, first.isSpaceOrTab || last.isSpaceOrTab else {
            return value
        }
        let start = value.utf8.firstIndex { !$0.isSpaceOrTab } ?? value.endIndex
        let end = value.utf8.lastIndex { !$0.isSpaceOrTab }.map { value.utf8.index(after: $0) } ?? start
        return String(value[start..<end])
    }
}
