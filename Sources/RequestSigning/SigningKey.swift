package import Cryptography

/// The key of all signatures with one date, region and service.
package enum SigningKey {
    /// What stands before the secret access key where it keys the first HMAC.
    package static let secretPrefix = "AWS4"

    /// `HMAC(HMAC(HMAC(HMAC("AWS4" ‖ secret, date), region), service), "aws4_request")`.
    ///
    /// - Parameters:
    ///   - prefixedSecret: ``secretPrefix`` and the secret access key.
    ///   - date: `yyyymmdd`.
    package static func derive(
        prefixedSecret: [UInt8], date: String, region: String, service: String
    ) -> SecretKey {
        var dateKey = HMACSHA256.code(Array(date.utf8), key: prefixedSecret)
        var regionKey = HMACSHA256.code(Array(region.utf8), key: dateKey)
        var serviceKey = HMACSHA256.code(Array(service.utf8), key: regionKey)
        let last = SecretKey { output in
            var key = HMACSHA256.code(Array("aws4_request".utf8), key: serviceKey)
            output.copyBytes(from: key)
            wipe(&key)
        }
        wipe(&dateKey)
        wipe(&regionKey)
        wipe(&serviceKey)
        return last
    }
}
