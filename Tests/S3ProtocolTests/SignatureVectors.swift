import Foundation
import S3Protocol
import Testing

/// `data/vectors/sigv4.json`: requests as other implementations sign them.
struct SignatureVectors: Decodable {
    struct Request: Decodable, Sendable, CustomTestStringConvertible {
        var name: String
        var method: String
        var target: String
        var headers: [[String]]
        var now: Int64
        var region: String
        var scheme: String?
        var virtualHostBucket: String?

        var testDescription: String { name }

        func signingRequest() throws -> SigningRequest {
            SigningRequest(
                method: method, target: try RequestTarget(target), headers: headers.map { (name: $0[0], value: $0[1]) },
                isTLS: false, virtualHostBucket: virtualHostBucket)
        }
    }

    struct Stream: Decodable, Sendable, CustomTestStringConvertible {
        struct Piece: Decodable, Sendable {
            var text: String
            var count: Int?
        }

        var name: String
        var method: String
        var target: String
        var headers: [[String]]
        var now: Int64
        var region: String
        var body: [Piece]
        var decodedLength: Int
        var trailers: [[String]]

        var testDescription: String { name }

        var request: Request {
            Request(name: name, method: method, target: target, headers: headers, now: now, region: region)
        }

        var bytes: [UInt8] { body.flatMap { Array(String(repeating: $0.text, count: $0.count ?? 1).utf8) } }
    }

    var accessKey: String
    var secretKey: String
    var requests: [Request]
    var streams: [Stream]

    static let all: SignatureVectors? = try? JSONDecoder().decode(
        SignatureVectors.self, from: repositoryData("vectors/sigv4.json"))

    static func verifier(region: String?) -> SigV4Verifier {
        SigV4Verifier(region: region) { key in
            all.flatMap { $0.accessKey == key ? SecretString($0.secretKey) : nil }
        }
    }
}
