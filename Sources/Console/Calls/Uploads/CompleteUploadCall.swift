import HTTPServer
import JSON
import NIOCore
import S3Protocol
import SealedStorage

/// Makes an object of its parts.
enum CompleteUploadCall {
    static func perform(_ call: Call) async throws {
        let members = try await call.members(["bucket", "key", "id", "parts", "overwrite"])
        let bucket = try members.required("bucket")
        let key = try members.required("key")
        var request = InnerRequest("POST", bucket: bucket, key: key, query: [("uploadId", try members.required("id"))])
        request.body = try await document(of: members, bucket, key, call)
        request.addHeader("content-type", "application/xml")
        if try !members.flag("overwrite") { request.addHeader("if-none-match", "*") }
        UploadCalls.passCustomerKey(call, to: &request)
        let answer = try await call.agent.perform(request, secrets: call.request.head)
        // A failure after the answer has begun stands in a document of status 200.
        let xml = try answer.xml()
        guard xml.name == "CompleteMultipartUploadResult" else {
            throw ConsoleError(refusalOf: 500, answer.headers, answer.body)
        }
        var document = JSONObject()
        document["etag"] = try xml.optionalText("ETag").map { .string($0.filter { $0 != "\"" }) }
        document["version"] = answer.header("x-amz-version-id").map { .string($0) }
        try await call.answer(document.value)
    }

    private static func document(
        of members: JSONMembers, _ bucket: String, _ key: String, _ call: Call
    ) async throws -> [UInt8] {
        guard let parts = members["parts"]?.elements, !parts.isEmpty else {
            throw ConsoleError.invalid("The member 'parts' is not a list of parts.")
        }
        let element = try await checksumElement(of: members, bucket, key, parts, call)
        return try await call.context.drive.offload { try Self.document(of: parts, element) }
    }

    /// Some milliseconds for ten thousand parts.
    private static func document(of parts: [JSONValue], _ element: String?) throws -> [UInt8] {
        var xml = XMLWriter(capacity: 128 * parts.count)
        xml.openRoot("CompleteMultipartUpload")
        for part in parts {
            let part = try JSONMembers(part, known: ["n", "etag", "checksum"], path: "parts")
            guard let number = try part.integer("n") else { throw ConsoleError.invalid("A part has no number.") }
            xml.open("Part")
            xml.element("PartNumber", number)
            xml.element("ETag", "\"\(try part.required("etag"))\"")
            if let element, let checksum = try part.text("checksum") { xml.element(named: element, checksum) }
            xml.close("Part")
        }
        xml.close("CompleteMultipartUpload")
        return xml.bytes
    }

    /// The name of the checksums' element, which is that of the upload's algorithm; nil where no part has a checksum.
    private static func checksumElement(
        of members: JSONMembers, _ bucket: String, _ key: String, _ parts: [JSONValue], _ call: Call
    ) async throws -> String? {
        guard parts.contains(where: { $0["checksum"] != nil }) else { return nil }
        let request = InnerRequest(
            "GET", bucket: bucket, key: key,
            query: [("uploadId", try members.required("id")), ("max-parts", "1")])
        let answer = try await call.agent.answer(request)
        guard !answer.isRefusal else { return nil }
        return try answer.xml("ListPartsResult").optionalText("ChecksumAlgorithm").map { "Checksum\($0)" }
    }
}
