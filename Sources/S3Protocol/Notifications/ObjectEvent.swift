import JSON
import Notation

/// Whose request it was that an event tells of.
package struct EventSource: Sendable {
    /// Empty where the server has none.
    package var region: String
    /// Of the sender's access key; empty for an anonymous one.
    package var principal: String
    /// The client's address, without a port.
    package var address: String
    package var userAgent: String
    package var requestID: String
    /// This server's scheme and authority as the client has written them.
    package var endpoint: String
    /// When the request arrived: milliseconds since 1970.
    package var time: Int64
    /// The server's identifier; empty while it is not known.
    package var deployment = ""

    package init(
        region: String, principal: String, address: String, userAgent: String, requestID: String, endpoint: String,
        time: Int64
    ) {
        self.region = region
        self.principal = principal
        self.address = address
        self.userAgent = userAgent
        self.requestID = requestID
        self.endpoint = endpoint
        self.time = time
    }
}

/// Something that has happened to an object or a bucket, as receivers are told it: MinIO's form of S3's event record.
package struct ObjectEvent: Sendable {
    package var name: EventName
    package var bucket: String
    /// Empty for an event of a bucket.
    package var key: String
    /// What the object is; told where it is there, see ``EventName``.
    package var size: Int64 = 0
    package var etag = ""
    package var contentType = ""
    /// Names in lower case, without `x-amz-meta-`.
    package var metadata: [(name: String, value: String)] = []
    /// As clients see it; `nil` in a bucket without versioning.
    package var versionID: String?
    /// Greater for what has happened to a key later.
    package var sequence: Int64
    package var source: EventSource

    package init(_ name: EventName, bucket: String, key: String, sequence: Int64, source: EventSource) {
        self.name = name
        self.bucket = bucket
        self.key = key
        self.sequence = sequence
        self.source = source
    }

    /// What a webhook is sent.
    package func webhookDocument() -> [UInt8] {
        var json = Array("{".utf8)
        json.appendMember("EventName", text: name.rawValue)
        json.appendMember("Key", text: key.isEmpty ? bucket : "\(bucket)/\(key)")
        appendRecords(to: &json)
        json.append("}")
        return json
    }

    /// What a listener is sent, with a line feed.
    package func line() -> [UInt8] {
        var json = Array("{".utf8)
        appendRecords(to: &json)
        json.append("}\n")
        return json
    }

    /// What a listener is sent that wants to be told from time to time that there is somebody.
    package static let emptyLine = Array("{\"Records\":null}\n".utf8)

    private func appendRecords(to json: inout [UInt8]) {
        json.appendName("Records")
        json.append("[{")
        json.appendMember("eventVersion", text: "2.0")
        json.appendMember("eventSource", text: "minio:s3")
        json.appendMember("awsRegion", text: source.region)
        json.appendMember("eventTime", text: HTTPDate.iso8601(source.time))
        json.appendMember("eventName", text: name.rawValue)
        json.object("userIdentity") { $0.appendMember("principalId", text: source.principal) }
        json.object("requestParameters") { json in
            json.appendMember("principalId", text: source.principal)
            json.appendMember("region", text: source.region)
            json.appendMember("sourceIPAddress", text: source.address)
        }
        json.object("responseElements") { json in
            json.appendMember("x-amz-id-2", text: source.requestID)
            json.appendMember("x-amz-request-id", text: source.requestID)
            json.appendMember("x-minio-deployment-id", unlessEmpty: source.deployment)
            json.appendMember("x-minio-origin-endpoint", text: source.endpoint)
        }
        json.object("s3") { appendSubject(to: &$0) }
        json.object("source") { json in
            json.appendMember("host", text: source.address)
            json.appendMember("port", text: "")
            json.appendMember("userAgent", text: source.userAgent)
        }
        json.append("}]")
    }

    private func appendSubject(to json: inout [UInt8]) {
        json.appendMember("s3SchemaVersion", text: "1.0")
        json.appendMember("configurationId", text: "Config")
        json.object("bucket") { json in
            json.appendMember("name", text: bucket)
            json.object("ownerIdentity") { $0.appendMember("principalId", text: source.principal) }
            json.appendMember("arn", text: "arn:aws:s3:::\(bucket)")
        }
        json.object("object") { json in
            json.appendMember("key", text: Self.encodedKey(key))
            if name.describesObject {
                json.appendMember("size", integer: size)
                json.appendMember("eTag", text: etag)
                json.appendMember("contentType", text: contentType)
                json.object("userMetadata") { json in
                    var entries: [(name: String, value: JSONValue)] = []
                    if !contentType.isEmpty { entries.append((name: "content-type", value: .string(contentType))) }
                    for (name, value) in metadata {
                        entries.append((name: "X-Amz-Meta-\(Self.canonicalName(name))", value: .string(value)))
                    }
                    // Names that are known only now, in the place of the braces that are there.
                    json.removeLast()
                    json.append(contentsOf: JSONValue.object(entries).bytes)
                    json.removeLast()
                }
            }
            if let versionID { json.appendMember("versionId", text: versionID) }
            let digits = String(sequence, radix: 16, uppercase: true)
            json.appendMember("sequencer", text: String(repeating: "0", count: max(0, 16 - digits.count)) + digits)
        }
    }

    /// As in a query: a blank is `+`, and all but unreserved characters are escaped.
    private static func encodedKey(_ key: String) -> String {
        var encoded: [UInt8] = []
        for byte in key.utf8 {
            if byte == UInt8(ascii: " ") {
                encoded.append(UInt8(ascii: "+"))
            } else {
                PercentEncoding.append(byte, to: &encoded)
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// A header's name with capitals at the beginning of its words.
    private static func canonicalName(_ name: String) -> String {
        name.split(separator: "-", omittingEmptySubsequences: false).map { word in
            word.prefix(1).uppercased() + word.dropFirst()
        }.joined(separator: "-")
    }
}

extension [UInt8] {
    fileprivate mutating func object(_ name: StaticString, _ members: (inout [UInt8]) -> Void) {
        appendName(name)
        append("{")
        members(&self)
        append("}")
    }
}
