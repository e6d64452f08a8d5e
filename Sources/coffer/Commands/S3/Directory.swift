import Glibc

/// Files of this machine, by paths that keys become or come from.
enum Directory {
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The regular files under a directory, by their paths in it, in the order of their bytes; symbolic links and what else
    /// is no file are left out, and said.
    static func files(in path: String) throws(StartFailure) -> [String] {
        guard exists(path) else { throw StartFailure("\(path): no directory") }
        var found: [String] = []
        var waiting = [""]
        while let folder = waiting.popLast() {
            let place = folder.isEmpty ? path : "\(path)/\(folder)"
            guard let handle = opendir(place) else {
                throw StartFailure("\(place): \(String(cString: strerror(errno)))")
            }
            defer { closedir(handle) }
            while let entry = readdir(handle) {
                let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
                guard let name = String(validating: bytes, as: UTF8.self) else {
                    throw StartFailure("\(place): a name that is not UTF-8, which no key can have")
                }
                guard name != ".", name != ".." else { continue }
                let relative = folder.isEmpty ? name : "\(folder)/\(name)"
                var status = stat()
                guard lstat("\(path)/\(relative)", &status) == 0 else { continue }
                switch status.st_mode & S_IFMT {
                case S_IFDIR: waiting.append(relative)
                case S_IFREG: found.append(relative)
                default: writeLine("\(path)/\(relative): left out, no file")
                }
            }
        }
        return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The last name of a key, as a file's name.
    static func name(ofKey key: String) throws(StartFailure) -> String {
        let name = String(key.split(separator: "/", omittingEmptySubsequences: false).last ?? "")
        guard isName(name) else { throw StartFailure("\(key): cannot be a file's name; name the file") }
        return name
    }

    /// The path of a key's file in a directory, whose folders are made.
    ///
    /// - Throws: for a key that would lead out of the directory, or has an empty name in it.
    static func path(ofKey key: String, in directory: String) throws(StartFailure) -> String {
        let names = key.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard names.allSatisfy(isName) else { throw StartFailure("\(key): cannot be a path") }
        var path = directory.hasSuffix("/") ? String(directory.dropLast()) : directory
        for name in names {
            if mkdir(path, 0o777) != 0, errno != EEXIST {
                throw StartFailure("\(path): \(String(cString: strerror(errno)))")
            }
            path += "/\(name)"
        }
        return path
    }

    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && !name.utf8.contains(0)
    }
}
