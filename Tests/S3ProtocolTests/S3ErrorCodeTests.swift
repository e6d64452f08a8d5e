import Foundation
import S3Protocol
import Testing

@Suite struct S3ErrorCodeTests {
    private struct Row: Decodable {
        var code: String
        var status: Int
        var message: String
    }

    @Test func `the table and its JSON agree`() throws {
        let rows = try JSONDecoder().decode([Row].self, from: repositoryData("s3-error-codes.json"))
        #expect(rows.map(\.code) == S3ErrorCode.allCases.map(\.rawValue))
        for row in rows {
            let code = try #require(S3ErrorCode(rawValue: row.code))
            #expect(code.httpStatus == row.status, "\(row.code)")
            #expect(code.defaultMessage == row.message, "\(row.code)")
        }
    }

    @Test func `errors are equal by code and status`() {
        #expect(S3Error(.noSuchKey) == S3Error(.noSuchKey, "elsewhere"))
        #expect(S3Error(.accessDenied) != S3Error(.accessDenied, status: 400))
        #expect(S3Error(.accessDenied, status: 400).status == 400)
    }
}
