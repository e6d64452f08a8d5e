import Glibc
import JSON

/// The drive of a MinIO server of one drive, read without that server.
///
/// Nothing is ever written to it.
package struct MinIODrive: Sendable {
    package let path: String
    /// The server's own name, a UUID.
    package let deploymentID: String

    /// The directory of the server's own files.
    package static let systemDirectory = ".minio.sys"

    /// Why a directory is not taken for such a drive.
    package struct Unusable: Error, CustomStringConvertible {
        package let description: String
    }

    /// - Parameter path: a directory, which may be a mount that cannot be written.
    package init(_ path: String) throws(Unusable) {
        self.path = path
        let document: [UInt8]
        do throws(DriveFault) {
            document = try DriveFiles.contents("\(path)/\(Self.systemDirectory)/format.json", limit: 64 << 10)
        } catch {
            throw Unusable(description: "\(path) is no drive of MinIO: .minio.sys/format.json: \(error)")
        }
        guard let format = JSONValue(document) else {
            throw Unusable(description: "\(path): .minio.sys/format.json is no JSON document")
        }
        let drives = (format["xl"]?["sets"]?.elements ?? []).reduce(0) { $0 + ($1.elements?.count ?? 0) }
        switch format["format"]?.string {
        case "xl-single" where drives <= 1: break
        case "xl-single", "xl":
            throw Unusable(
                description:
                    "\(path) is one of \(drives) drives that objects are erasure-coded over; only the drive of a server of one drive can be imported"
            )
        case "fs":
            throw Unusable(
                description:
                    "\(path) has the format of MinIO before 2022 (fs); have a MinIO of 2022 or later migrate it first")
        case let other:
            throw Unusable(description: "\(path): the format “\(other ?? "")” is not known")
        }
        deploymentID = format["id"]?.string ?? ""
        guard !DriveFiles.exists("\(path)/\(Self.systemDirectory)/buckets/.healing.bin") else {
            throw Unusable(description: "\(path) was being healed: not everything is on it")
        }
    }

    /// The names of the buckets, in their order.
    package func buckets() throws(DriveFault) -> [String] {
        var names: [String] = []
        let directory = try DirectoryStream(path)
        while let entry = try directory.next() {
            guard entry.isDirectory, let name = entry.name, name != Self.systemDirectory, name != "lost+found" else {
                continue
            }
            names.append(name)
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The versions of an object of the server's own, by its path below ``systemDirectory``; nil when there is none.
    func systemObject(_ key: String) throws(DriveFault) -> DriveEntry? {
        let directory = "\(path)/\(Self.systemDirectory)/\(key)"
        guard DriveFiles.exists("\(directory)/xl.meta") else { return nil }
        return DriveEntry(bucket: Self.systemDirectory, key: key, directory: directory)
    }

    /// The objects of a bucket.
    package func objects(in bucket: String) throws(DriveFault) -> ObjectWalk {
        try ObjectWalk("\(path)/\(bucket)", bucket: bucket)
    }

    /// The objects of a directory of the server's own.
    func systemObjects(under directory: String) throws(DriveFault) -> ObjectWalk? {
        let whole = "\(path)/\(Self.systemDirectory)/\(directory)"
        guard DriveFiles.exists(whole) else { return nil }
        return try ObjectWalk(whole, bucket: Self.systemDirectory, prefix: "\(directory)/")
    }

    /// How many multipart uploads were not completed; they are not imported.
    package func unfinishedUploads() throws(DriveFault) -> Int {
        guard let walk = try systemObjects(under: "multipart") else { return 0 }
        var count = 0
        while try walk.next() != nil { count += 1 }
        return count
    }
}
