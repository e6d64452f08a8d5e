/// How long objects are cut for their way: pieces that fit into memory, several under way at a time.
package enum Pieces {
    /// Bytes of the first pieces; what fits into one is written by one call.
    package static let size = 16 << 20
    /// Under way at a time: so much memory has a transfer at most, in pieces.
    package static let atOnce = 4

    /// Bytes of a part: S3 takes 10 000 of them, so that after each thousand they get twice as long, up to 1 GiB.
    ///
    /// The longest object, 5 TiB, is then less than 10 000 parts, also when its length is not known before its end.
    static func size(ofPart number: Int) -> Int { size << min(6, (number - 1) / 1000) }
}
