import HTTPServer
import JSON
import NIOCore

/// The headers of what the console answers.
enum ConsoleHeaders {
    private static let common: [(name: String, value: String)] = [
        ("server", "Coffer"), ("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
    ]

    /// Of documents: they are shown by no browser as a page.
    static let ofCalls: [(name: String, value: String)] =
        common + [
            ("cache-control", "no-store"), ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ]

    static func document(
        _ bytes: [UInt8], status: Int = 200, headers: [(name: String, value: String)] = []
    ) -> HTTPResponse {
        HTTPResponse(
            ResponseHead(
                status: status, headers: ofCalls + headers + [("content-type", "application/json")],
                contentLength: Int64(bytes.count)), body: ByteBuffer(bytes: bytes))
    }

    static func refusal(_ error: ConsoleError) -> HTTPResponse {
        let id = error.requestID.isEmpty ? [] : [(name: "x-amz-request-id", value: error.requestID)]
        return document(error.document.bytes, status: error.status, headers: error.headers + id)
    }

    /// Of the page and its parts.
    static let ofPage: [(name: String, value: String)] =
        common + [
            (
                "content-security-policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
                    + "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
                    + "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
            ), ("cross-origin-opener-policy", "same-origin"),
            (
                "permissions-policy",
                "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()"
            ),
        ]

    /// Of an object that is shown: whatever it is, nothing in it runs.
    static let sandbox =
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src 'self'; frame-ancestors 'self'"
    /// Of a PDF, whose viewer a sandbox would keep from showing it.
    static let sandboxOfPDF = String(sandbox.dropFirst("sandbox; ".count))

    static func object(_ policy: String) -> [(name: String, value: String)] {
        common + [("cache-control", "no-store"), ("content-security-policy", policy)]
    }
}
