import CCurl
import Glibc

/// Where the system keeps the authorities that everybody trusts.
///
/// `SSL_CERT_FILE` and `SSL_CERT_DIR` (several directories, by colons) replace the file and the directory.
struct SystemRoots {
    /// With hashed names, of which OpenSSL opens those that it needs.
    var directory: String?
    var file: String?
    /// Certificates in PEM.
    var extra: [UInt8] = []

    static let none = SystemRoots(directory: nil, file: nil)

    private init(directory: String?, file: String?) {
        self.directory = directory
        self.file = file
    }

    init() throws(HTTPClientError) {
        let defaultFile = ccurl_default_ca_file().map { String(cString: $0) }
        directory = ccurl_default_ca_directory().map { String(cString: $0) }
        if let paths = Self.variable("SSL_CERT_DIR")?.split(separator: ":").map(String.init), !paths.isEmpty {
            if paths.count == 1, Self.isHashed(paths[0]) {
                directory = paths[0]
            } else {
                directory = nil
                // One that is not there has no certificates, as OpenSSL sees it.
                for path in paths where access(path, F_OK) == 0 { extra += try TransferSettings.certificates(at: path) }
            }
        }
        file = Self.variable("SSL_CERT_FILE") ?? defaultFile
        // The default directory holds what the default file holds.
        if file == defaultFile, directory != nil { file = nil }
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Whether the directory has a name such as `5ed36f99.0` in it.
    private static func isHashed(_ path: String) -> Bool {
        guard let listing = opendir(path) else { return false }
        defer { closedir(listing) }
        while let entry = readdir(listing) {
            let isHash = withUnsafeBytes(of: &entry.pointee.d_name) { name in
                name.prefix(8).allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
                    && name[8] == UInt8(ascii: ".") && (48...57).contains(name[9])
            }
            if isHash { return true }
        }
        return false
    }
}
