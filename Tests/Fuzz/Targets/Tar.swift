import S3Protocol

extension FuzzTarget {
    /// The blocks of an archive, one after another, as its members' sizes say where they are.
    static let tar = FuzzTarget("tar") { (bytes) throws(BrokenPromise) in
        var rest = bytes[...]
        while rest.count >= TarHeader.byteCount {
            guard let header = try? TarHeader(Array(rest.prefix(TarHeader.byteCount))) else { break }
            rest = rest.dropFirst(TarHeader.byteCount)
            try require(header.size >= 0, "a size of \(header.size)")
            let contents = Array(rest.prefix(Int(clamping: header.size)))
            if case .attributes = header.kind, let records = try? PaxRecords.parse(contents) {
                let length = records.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
                try require(length <= contents.count, "records of more than there is")
            }
            rest = rest.dropFirst(min(contents.count + (512 - contents.count % 512) % 512, rest.count))
        }
        _ = try? PaxRecords.parse(bytes)
    }
}
