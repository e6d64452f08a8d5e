import Cryptography
import HTTPClient
import Notation
import S3Protocol

extension S3Client {
    /// An object that a call for many did not remove.
    package struct KeptObject: Sendable {
        package let key: String
        package let reason: String
    }

    /// Removes up to 1 000 objects of a bucket by one call.
    ///
    /// - Returns: those that stay, and why.
    package func remove(_ keys: [String], from bucket: String) async throws(S3ClientError) -> [KeptObject] {
        guard !keys.isEmpty else { return [] }
        var xml = XMLWriter(capacity: keys.count * 80)
        xml.openRoot("Delete")
        xml.element("Quiet", true)
        for key in keys {
            xml.open("Object")
            xml.element("Key", key)
            xml.close("Object")
        }
        xml.close("Delete")
        let call = Call(
            method: .post, address: ObjectAddress(bucket: bucket), query: [("delete", "")],
            headers: [("content-md5", Base64.encode(Digest.hash(.md5, xml.bytes)))], body: xml.bytes)
        let answer = try document(try await send(call), "DeleteResult")
        var kept: [KeptObject] = []
        for object in answer.all("Error") {
            let code = try object.text("Code")
            let message = (try? object.optionalText("Message")) ?? nil
            kept.append(KeptObject(key: try object.text("Key"), reason: message ?? code))
        }
        return kept
    }
}
