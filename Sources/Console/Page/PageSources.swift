import CConsoleAssets
import Glibc

/// The page's files as they are written: those in the program, or those of a directory.
package enum PageSources {
    package static var embedded: [(name: String, bytes: [UInt8])] {
        (0..<Int(coffer_console_asset_count)).compactMap { index in
            let asset = coffer_console_asset(index)
            guard let name = asset.name, let bytes = asset.bytes else { return nil }
            return (String(cString: name), Array(UnsafeBufferPointer(start: bytes, count: asset.count)))
        }
    }

    /// Those of a directory that can be read, its folders' too.
    static func read(_ directory: String) -> [(name: String, bytes: [UInt8])] {
        names(directory, "").sorted().compactMap { name in contents("\(directory)/\(name)").map { (name, $0) } }
    }

    private static func names(_ directory: String, _ folder: String) -> [String] {
        guard let entries = opendir("\(directory)/\(folder)") else { return [] }
        defer { closedir(entries) }
        var names: [String] = []
        while let entry = readdir(entries) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard !name.hasPrefix(".") else { continue }
            // Links are followed by nobody.
            switch Int(entry.pointee.d_type) {
            case Int(DT_DIR): names += self.names(directory, "\(folder)\(name)/")
            case Int(DT_REG): names.append(folder + name)
            default: break
            }
        }
        return names
    }

    private static func contents(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < 16 << 20 {
            let count = fread(&block, 1, block.count, file)
            guard count > 0 else { return ferror(file) == 0 ? bytes : nil }
            bytes += block[..<count]
        }
        return nil
    }
}
