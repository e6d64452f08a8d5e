import HTTPServer
import JSON
import Notation
import S3Protocol
import SealedStorage

/// Uploads: whole objects, and those in parts, which other clients see as theirs.
enum UploadCalls {
    static let routes = [
        CallRoute("PUT upload", ["b", "k"], put),
        CallRoute("POST uploads", begin),
        CallRoute("GET uploads", ["b", "k", "id", "prefix", "after"], list),
        CallRoute("PUT uploads/part", ["b", "k", "id", "n"], part),
        CallRoute("POST uploads/complete", CompleteUploadCall.perform),
        CallRoute("DELETE uploads", ["b", "k", "id"], abort),
    ]

    // MARK: Bytes

    /// Headers of the browser's that are the object's; not `Cache-Control`, which browsers send by themselves once a page
    /// was loaded anew.
    private static let passed: Set<String> = [
        "content-type", "content-length", "content-disposition", "content-encoding",
        "content-language", "content-md5", "expires", "if-match", "if-none-match", "x-amz-tagging",
        "x-amz-sdk-checksum-algorithm", "x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date",
        "x-amz-object-lock-legal-hold",
    ]
    private static let passedPrefixes = ["x-amz-meta-", "x-amz-server-side-encryption", "x-amz-checksum-"]

    private static func passHeaders(_ head: RequestHead, to request: inout InnerRequest) {
        for (name, value) in head.headers
        where passed.contains(name) || passedPrefixes.contains(where: { name.hasPrefix($0) }) {
            request.addHeader(name, value)
        }
    }

    private static func put(_ call: Call) async throws {
        var request = InnerRequest("PUT", bucket: try call.required("b"), key: try call.required("k"))
        passHeaders(call.request.head, to: &request)
        try await call.pass(request) { answer in
            guard answer.head.status < 300 else { return ObjectCalls.refusal(answer) }
            return written(answer)
        }
    }

    private static func part(_ call: Call) async throws {
        var request = InnerRequest("PUT", bucket: try call.required("b"), key: try call.required("k"))
        request.add("partNumber", try call.required("n"))
        request.add("uploadId", try call.required("id"))
        passHeaders(call.request.head, to: &request)
        try await call.pass(request) { answer in
            guard answer.head.status < 300 else { return ObjectCalls.refusal(answer) }
            return written(answer)
        }
    }

    /// What was written, of the headers that say it.
    private static func written(_ answer: HTTPResponse) -> HTTPResponse {
        let headers = answer.head.headers
        var document = JSONObject()
        document["etag"] = headers.firstValue(of: "etag").map { .string($0.filter { $0 != "\"" }) }
        document["version"] = headers.firstValue(of: "x-amz-version-id").map { .string($0) }
        for (name, value) in headers where name.hasPrefix("x-amz-checksum-") && !name.hasSuffix("-type") {
            document["checksum"] = .string(value)
        }
        return ConsoleHeaders.document(
            document.value.bytes, headers: headers.filter { $0.name == "x-amz-request-id" })
    }

    // MARK: Beginning and ending

    private static func begin(_ call: Call) async throws {
        let members = try await call.members([
            "bucket", "key", "contentType", "cacheControl", "metadata", "tags", "encryption", "checksum",
        ])
        var request = InnerRequest(
            "POST", bucket: try members.required("bucket"), key: try members.required("key"), query: [("uploads", nil)])
        request.headers = try ObjectHeaders.of(members)
        if members["encryption"] == nil { passCustomerKey(call, to: &request) }
        if let checksum = try members.text("checksum") {
            request.addHeader("x-amz-checksum-algorithm", checksum)
            // Where parts are sent in any order, the whole has a checksum only by combining theirs.
            request.addHeader(
                "x-amz-checksum-type", checksum.uppercased().hasPrefix("CRC") ? "FULL_OBJECT" : "COMPOSITE")
        }
        let answer = try await call.agent.perform(request, secrets: call.request.head)
        let id = try answer.xml("InitiateMultipartUploadResult").optionalText("UploadId") ?? ""
        try await call.answer(.object(["id": .string(id)]), status: 201)
    }

    static func passCustomerKey(_ call: Call, to request: inout InnerRequest) {
        CustomerKeyPassing.add(call.request.head, to: &request)
    }

    private static func abort(_ call: Call) async throws {
        let request = InnerRequest(
            "DELETE", bucket: try call.required("b"), key: try call.required("k"),
            query: [("uploadId", try call.required("id"))])
        _ = try await call.agent.perform(request)
        await call.answerNothing()
    }

    // MARK: Lists

    private static func list(_ call: Call) async throws {
        guard let key = call.parameter("k") else { return try await listOfBucket(call) }
        var request = InnerRequest(
            "GET", bucket: try call.required("b"), key: key, query: [("uploadId", try call.required("id"))])
        request.add("part-number-marker", call.parameter("after"))
        let answer = try await call.agent.perform(request)
        let document = try await call.context.drive.offload {
            let xml = try answer.xml("ListPartsResult")
            let parts = try xml.all("Part").map { part in
                var row = JSONObject()
                row["n"] = try part.optionalNumber("PartNumber").map { .integer($0) }
                row["size"] = try part.optionalNumber("Size").map { .integer($0) }
                row["etag"] = try part.optionalText("ETag").map { .string($0.filter { $0 != "\"" }) }
                row["checksum"] = part.children.first { $0.name.hasPrefix("Checksum") }.map { .string($0.text) }
                return row.value
            }
            let isTruncated = try xml.optionalFlag("IsTruncated") == true
            return JSONValue.object([
                "parts": .array(parts),
                "next": isTruncated ? try xml.optionalNumber("NextPartNumberMarker").map { .integer($0) } : nil,
            ]).bytes
        }
        try await call.answer(document)
    }

    private static func listOfBucket(_ call: Call) async throws {
        var request = InnerRequest("GET", bucket: try call.required("b"), query: [("uploads", nil)])
        request.add("prefix", call.parameter("prefix"))
        if let after = call.parameter("after") {
            guard let markers = VersionMarkers(after) else {
                throw ConsoleError.invalid("The parameter 'after' is none.")
            }
            request.add("key-marker", markers.key)
            request.add("upload-id-marker", markers.version)
        }
        try await call.makeRoom()
        let answer = try await call.agent.perform(request)
        let document = try await call.context.drive.offload {
            let xml = try answer.xml("ListMultipartUploadsResult")
            let uploads = try xml.all("Upload").map { upload in
                var row = JSONObject()
                row["key"] = try upload.optionalText("Key").map { .string($0) }
                row["id"] = try upload.optionalText("UploadId").map { .string($0) }
                row["started"] = try upload.optionalText("Initiated").map { .string($0) }
                return row.value
            }
            var next: String?
            if try xml.optionalFlag("IsTruncated") == true {
                next =
                    VersionMarkers(
                        key: try xml.optionalText("NextKeyMarker") ?? "",
                        version: try xml.optionalText("NextUploadIdMarker")
                    ).text
            }
            return JSONValue.object(["uploads": .array(uploads), "next": next.map { .string($0) }]).bytes
        }
        try await call.answer(document)
    }
}

/// The headers that say of an object what a body says of it.
enum ObjectHeaders {
    static func of(_ members: JSONMembers) throws -> [(name: String, value: String)] {
        var headers = try EncryptionSetting.headers(members["encryption"])
        if let type = try members.text("contentType") { headers.append(("content-type", type)) }
        if let control = try members.text("cacheControl") { headers.append(("cache-control", control)) }
        for (name, value) in try members.pairs("metadata") {
            guard isToken(name), isHeaderText(value) else {
                throw ConsoleError.invalid("The metadata '\(name)' has characters that no header can carry.")
            }
            headers.append(("x-amz-meta-\(name.lowercased())", value))
        }
        let tags = try members.pairs("tags")
        if !tags.isEmpty {
            let text = tags.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }
            headers.append(("x-amz-tagging", text.joined(separator: "&")))
        }
        for (name, value) in headers where !isHeaderText(value) {
            throw ConsoleError.invalid("The value of '\(name)' has characters that no header can carry.")
        }
        return headers
    }

    private static func isToken(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    private static func isHeaderText(_ value: String) -> Bool { value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }
}
