/// How an object is shown in the page, if at all.
///
/// The type that goes out is one of a few, whatever the object says of itself: nothing that runs, but for pictures and
/// documents, which the sandbox around them keeps from it.
struct Preview: Sendable {
    enum Kind: String, Sendable {
        case image, audio, video, pdf, text
    }

    let kind: Kind
    /// The content type that it is sent as.
    let type: String

    private static let text = "text/plain; charset=utf-8"

    private static let images: Set<String> = [
        "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "image/x-icon",
        "image/vnd.microsoft.icon", "image/svg+xml",
    ]
    private static let media: Set<String> = [
        "audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/x-wav", "audio/webm", "audio/flac", "audio/aac",
        "video/mp4", "video/webm", "video/ogg", "video/quicktime",
    ]
    private static let texts: Set<String> = [
        "application/json", "application/xml", "application/javascript", "application/yaml", "application/x-yaml",
        "application/toml", "application/x-sh", "application/sql", "application/x-ndjson",
    ]
    /// For objects whose writers have said nothing of their type.
    private static let suffixes: [String: String] = [
        "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
        "avif": "image/avif", "bmp": "image/bmp", "ico": "image/x-icon", "svg": "image/svg+xml", "mp3": "audio/mpeg",
        "m4a": "audio/mp4", "ogg": "audio/ogg", "wav": "audio/wav", "flac": "audio/flac", "mp4": "video/mp4",
        "webm": "video/webm", "mov": "video/quicktime", "pdf": "application/pdf", "txt": "text/plain",
        "log": "text/plain", "md": "text/plain", "csv": "text/plain", "json": "text/plain", "xml": "text/plain",
        "yaml": "text/plain", "yml": "text/plain", "toml": "text/plain", "ini": "text/plain", "conf": "text/plain",
        "html": "text/plain", "htm": "text/plain", "css": "text/plain", "js": "text/plain", "ts": "text/plain",
        "py": "text/plain", "sh": "text/plain", "swift": "text/plain", "go": "text/plain", "rs": "text/plain",
        "c": "text/plain", "h": "text/plain", "sql": "text/plain",
    ]

    /// Nil for what cannot be shown.
    ///
    /// - Parameter type: what the object says of itself.
    init?(key: String, type: String?) {
        var type = (type ?? "").prefix { $0 != ";" && $0 != " " }.lowercased()
        if ["", "application/octet-stream", "binary/octet-stream"].contains(type) {
            let name = FileName.last(of: key)
            guard let dot = name.lastIndex(of: "."),
                let known = Self.suffixes[name[name.index(after: dot)...].lowercased()]
            else { return nil }
            type = known
        }
        if Self.images.contains(type) {
            (kind, self.type) = (.image, type)
        } else if Self.media.contains(type) {
            (kind, self.type) = (type.hasPrefix("audio/") ? .audio : .video, type)
        } else if type == "application/pdf" {
            (kind, self.type) = (.pdf, type)
        } else if type.hasPrefix("text/") || Self.texts.contains(type) || type.hasSuffix("+json")
            || type.hasSuffix("+xml")
        {
            (kind, self.type) = (.text, Self.text)
        } else {
            return nil
        }
    }
}
