package import HTTPClient
import S3Protocol

/// Which server is asked, by whom, and how it is trusted.
package struct S3ClientConfiguration: Sendable {
    /// `http://host:port` or `https://host:port`; a slash at its end does not matter.
    package var endpoint: String
    package var accessKey: String
    package var secretKey: String
    /// Of temporary credentials.
    package var sessionToken: String?
    package var region = "us-east-1"
    package var http = HTTPClientConfiguration()
    /// How often a request is sent that is answered 500, 502, 503 or 504, or whose connection breaks.
    package var attempts = 4

    package init(endpoint: String, accessKey: String, secretKey: String, sessionToken: String? = nil) {
        self.endpoint = endpoint
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.sessionToken = sessionToken
        http.maxConnections = 16
        http.userAgent = "coffer-s3"
    }
}
