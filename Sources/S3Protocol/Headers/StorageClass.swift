/// The classes of storage that S3 has names for.
///
/// This server stores all of them alike; a client sees the one again that it asked for.
package enum StorageClass: String, Sendable {
    case standard = "STANDARD"
    case reducedRedundancy = "REDUCED_REDUNDANCY"
    case standardIA = "STANDARD_IA"
    case oneZoneIA = "ONEZONE_IA"
    case intelligentTiering = "INTELLIGENT_TIERING"
    case glacier = "GLACIER"
    case glacierIR = "GLACIER_IR"
    case deepArchive = "DEEP_ARCHIVE"
    case outposts = "OUTPOSTS"
    case snow = "SNOW"
    case expressOneZone = "EXPRESS_ONEZONE"

    /// The class of the header `x-amz-storage-class`; none given is the standard one.
    package init(header: String?) throws(S3Error) {
        guard let header, !header.isEmpty else {
            self = .standard
            return
        }
        guard let known = StorageClass(rawValue: header) else { throw S3Error(.invalidStorageClass) }
        self = known
    }
}
