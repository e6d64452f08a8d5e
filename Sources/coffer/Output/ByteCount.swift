/// Bytes as people read them: `512 B`, `1.5 KiB`, `12 MiB`.
enum ByteCount {
    static func text(_ count: Int64) -> String {
        guard count >= 1024 else { return "\(count) B" }
        var value = Double(count)
        var unit = -1
        while value >= 1024, unit < 5 {
            value /= 1024
            unit += 1
        }
        // 1023.96 would be written as 1024.0.
        if value >= 999.95, unit < 5 {
            value /= 1024
            unit += 1
        }
        let tenths = Int((value * 10).rounded())
        let number = tenths % 10 == 0 || tenths >= 1000 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
        return "\(number) \(["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"][unit])"
    }
}
