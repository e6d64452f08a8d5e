import Notation

/// `PostResponse`: what a form upload with `success_action_status=201` is answered.
package struct PostResponse: Sendable {
    /// URL of the object.
    package var location: String
    package var bucket: String
    package var key: String
    package var etag: ETag

    package init(location: String, bucket: String, key: String, etag: ETag) {
        self.location = location
        self.bucket = bucket
        self.key = key
        self.etag = etag
    }

    /// Without a namespace, as AWS has it.
    package func xml() -> [UInt8] {
        var xml = XMLWriter(capacity: 512)
        xml.open("PostResponse")
        xml.element("Location", location)
        xml.element("Bucket", bucket)
        xml.element("Key", key)
        xml.element("ETag", etag)
        xml.close("PostResponse")
        return xml.bytes
    }
}

/// What a form upload is answered when it has succeeded.
package enum PostSuccess: Hashable, Sendable {
    /// 303 to this place, with bucket, key and entity tag in its query.
    case redirect(String)
    case status(Int)

    /// Reads `success_action_redirect`, or `redirect` as it once was called, and `success_action_status`.
    ///
    /// A place that is no URL, and a status other than 200, 201 and 204, count as not given.
    package init(_ fields: FormFields) {
        if let place = fields["success_action_redirect"] ?? fields["redirect"], Self.isURL(place) {
            self = .redirect(place)
            return
        }
        switch fields["success_action_status"] {
        case "200": self = .status(200)
        case "201": self = .status(201)
        default: self = .status(204)
        }
    }

    /// The place to go to after the upload.
    package static func location(
        _ place: String, bucket: String, key: String, etag: ETag
    ) -> String {
        let fragment = place.utf8.firstIndex(of: UInt8(ascii: "#")) ?? place.endIndex
        let base = place[..<fragment]
        let separator = base.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
        return "\(base)\(separator)bucket=\(bucket)&key=\(PercentEncoding.encode(key))"
            + "&etag=%22\(PercentEncoding.encode(etag.value))%22\(place[fragment...])"
    }

    /// Only what is legal in a header and names another place by itself.
    private static func isURL(_ text: String) -> Bool {
        let lower = text.lowercased()
        guard lower.hasPrefix("http://") || lower.hasPrefix("https://"), text.utf8.count <= 2048 else { return false }
        return text.utf8.allSatisfy {
            (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "<")
        }
    }
}
