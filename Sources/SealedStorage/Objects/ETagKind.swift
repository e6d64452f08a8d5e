/// What the ETags of new SSE-S3 objects and parts are.
///
/// Those of objects under SSE-KMS and SSE-C, of which AWS promises no MD5, are opaque whatever this says.
package enum ETagKind: String, CaseIterable, Sendable {
    /// The MD5 of the bytes, as AWS promises: what clients compare with their own.
    case md5
    /// A random value in a form that no client takes for an MD5, `-1` at its end; an upload with a Content-MD5 keeps that MD5.
    ///
    /// It spares a sixth to two thirds of the processor time of an upload. What breaks are clients that compare an ETag with
    /// an MD5 and do not know that form.
    case opaque
}
