import Cryptography
import HTTPServerTesting
import Metrics
import TestSupport
import Testing

@Suite struct MetricsTests {
    static let pages = [
        "/minio/v2/metrics/cluster", "/minio/v2/metrics/node", "/minio/v2/metrics/bucket",
        "/minio/v2/metrics/resource", "/minio/prometheus/metrics", "/minio/metrics/v3",
        "/minio/metrics/v3/api/requests",
        "/minio/metrics/v3/system", "/minio/metrics/v3/cluster/usage", "/minio/metrics/v3/coffer",
        "/minio/metrics/v3/bucket/api/bucket",
    ]

    @Test(arguments: pages) func `a page is well formed and tells no series twice`(_ page: String) async throws {
        let fixture = try await MetricsFixture()
        try await fixture.call("PUT", "/bucket/a", body: [1, 2, 3])
        try await fixture.call("GET", "/bucket/a")
        let answer = await fixture.scrape(page)
        #expect(answer.status == 200 && answer.header("content-type")?.hasPrefix("text/plain; version=0.0.4") == true)
        var families: Set<Substring> = []
        var series: Set<Substring> = []
        for line in answer.text.split(separator: "\n") {
            if line.hasPrefix("# TYPE ") {
                #expect(families.insert(line.split(separator: " ")[2]).inserted, "\(line)")
            } else if !line.hasPrefix("#") {
                let end = line.lastIndex(of: " ") ?? line.startIndex
                #expect(series.insert(line[..<end]).inserted, "\(line)")
                #expect(Double(line[line.index(after: end)...]) != nil, "\(line)")
            }
        }
        #expect(!series.isEmpty)
    }

    @Test func `requests are counted by operation and by how they ended`() async throws {
        let fixture = try await MetricsFixture()
        for _ in 0..<3 { try await fixture.call("PUT", "/bucket/a", body: Array("0123456789".utf8)) }
        try await fixture.call("GET", "/bucket/a")
        try await fixture.call("GET", "/bucket/absent")
        let cluster = "/minio/v2/metrics/cluster"
        #expect(await fixture.value(cluster, "minio_s3_requests_total", "api=\"putobject\"") == 3)
        #expect(await fixture.value(cluster, "minio_s3_requests_total", "api=\"getobject\"") == 2)
        #expect(await fixture.value(cluster, "minio_s3_requests_4xx_errors_total", "api=\"getobject\"") == 1)
        #expect(await fixture.value(cluster, "minio_s3_requests_inflight_total", "api=\"getobject\"") == 0)
        let put = "operation=\"PutObject\""
        #expect(await fixture.value(cluster, "coffer_requests_total", put, "outcome=\"success\"") == 3)
        #expect(await fixture.value(cluster, "coffer_request_duration_seconds_count", put) == 3)
        #expect(await fixture.value(cluster, "coffer_request_received_bytes_total", put) == 30)
        #expect(
            await fixture.value(cluster, "minio_s3_requests_ttfb_seconds_distribution", "putobject", "+Inf") == 3)
        let bucket = "/minio/v2/metrics/bucket"
        #expect(await fixture.value(bucket, "minio_bucket_requests_total", "bucket=\"bucket\"", "putobject") == 3)
        #expect(await fixture.value(bucket, "minio_bucket_traffic_received_bytes", "bucket=\"bucket\"") == 30)
    }

    @Test func `names that clients make up get no series`() async throws {
        let fixture = try await MetricsFixture()
        for number in 0..<20 { try await fixture.call("GET", "/made-up-\(number)/key") }
        let page = await fixture.scrape("/minio/v2/metrics/bucket").text
        #expect(!page.contains("made-up"))
    }

    @Test func `usage, commits and keys show`() async throws {
        let fixture = try await MetricsFixture()
        try await fixture.call("PUT", "/bucket/a", body: [UInt8](repeating: 1, count: 1000))
        let bucket = "/minio/v2/metrics/bucket"
        #expect(await fixture.value(bucket, "minio_bucket_usage_total_bytes", "bucket=\"bucket\"") == 1000)
        #expect(await fixture.value(bucket, "minio_bucket_usage_object_total", "bucket=\"bucket\"") == 1)
        let own = "/minio/metrics/v3/coffer"
        #expect(await fixture.value(own, "coffer_commit_duration_seconds_count") ?? 0 > 0)
        #expect(await fixture.value(own, "coffer_log_sync_duration_seconds_sum") ?? 0 > 0)
        #expect(await fixture.value(own, "coffer_log_bytes") ?? 0 > 0)
        #expect(await fixture.value(own, "coffer_key_service_calls_total", "generate", "success") ?? 0 > 0)
        #expect(await fixture.value(own, "coffer_data_keys", "kms_key=\"key\"") ?? 0 > 0)
        #expect(await fixture.value(own, "coffer_certificate_not_after_seconds", "server") == 2_000_000_000)
        #expect(await fixture.value(own, "coffer_uploads") == 0)
    }

    @Test func `an address without metrics is refused, a table of them is there`() async throws {
        let fixture = try await MetricsFixture()
        for path in ["/minio/v2/metrics/nothing", "/minio/metrics/v3/nothing", "/minio/metrics/v3x"] {
            #expect(await fixture.scrape(path).status == 404, "\(path)")
        }
        let empty = await fixture.scrape("/minio/metrics/v3/replication")
        #expect(empty.status == 200 && empty.body.isEmpty)
        let list = await fixture.scrape("/minio/metrics/v3/api/requests?list").text
        #expect(list.contains("| `minio_api_requests_total` | counter |"))
    }

    // MARK: Tokens

    /// A token with these claims, signed with a secret.
    private func token(
        _ claims: String, head: String = "{\"alg\":\"HS512\",\"typ\":\"JWT\"}", secret: String,
        _ algorithm: DigestAlgorithm = .sha512
    ) -> String {
        func encode(_ bytes: [UInt8]) -> String {
            Base64.encode(bytes).replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        }
        let signed = "\(encode(Array(head.utf8))).\(encode(Array(claims.utf8)))"
        return "\(signed).\(encode(HMAC.code(Array(signed.utf8), key: Array(secret.utf8), algorithm)))"
    }

    @Test func `a token of the right secret and issuer lets in, and no other`() async throws {
        let fixture = try await MetricsFixture(access: .token)
        let page = "/minio/v2/metrics/cluster"
        let secret = "secret-of-the-tester"
        let good = "{\"exp\":99999999999,\"sub\":\"tester\",\"iss\":\"prometheus\"}"
        #expect(await fixture.scrape(page, token: token(good, secret: secret)).status == 200)
        let endless = "{\"sub\":\"tester\",\"iss\":\"prometheus\"}"
        #expect(await fixture.scrape(page, token: token(endless, secret: secret)).status == 200)
        let short = token(endless, head: "{\"alg\":\"HS256\"}", secret: secret, .sha256)
        #expect(await fixture.scrape(page, token: short).status == 200)
        let refused = [
            nil, "", "a.b.c", token(good, secret: "another"),
            token("{\"exp\":1,\"sub\":\"tester\",\"iss\":\"prometheus\"}", secret: secret),
            token("{\"sub\":\"tester\",\"iss\":\"else\"}", secret: secret),
            token("{\"sub\":\"nobody\",\"iss\":\"prometheus\"}", secret: secret),
            token("{\"sub\":\"tester\"}", secret: secret),
            token(good, head: "{\"alg\":\"none\"}", secret: secret),
            token(good, head: "{\"alg\":\"HS256\"}", secret: secret),
            token(good, secret: secret) + "x",
        ]
        for token in refused {
            let answer = await fixture.scrape(page, token: token)
            #expect(answer.status == 403 && answer.text.contains("AccessDenied"), "\(token ?? "none")")
        }
    }

    @Test func `objects are counted by their size and by the number of their versions`() async throws {
        let fixture = try await MetricsFixture()
        for (key, count) in [("a", 0), ("b", 1023), ("c", 1024), ("d", 70_000)] {
            try await fixture.call("PUT", "/bucket/\(key)", body: [UInt8](repeating: 1, count: count))
        }
        let page = "/minio/v2/metrics/bucket"
        func sizes(_ range: String) async -> Double? {
            await fixture.value(page, "minio_bucket_objects_size_distribution", "bucket=\"bucket\"", "\"\(range)\"")
        }
        /// A survey is not begun at once again: whether one has found this by and by.
        func finds(_ count: Double, _ value: () async -> Double?) async throws -> Bool {
            for _ in 0..<600 {
                if await value() == count { return true }
                try await Task.sleep(for: .milliseconds(50))
            }
            return false
        }
        #expect(try await finds(2) { await sizes("LESS_THAN_1024_B") })
        #expect(await sizes("BETWEEN_1024_B_AND_64_KB") == 1)
        #expect(await sizes("BETWEEN_64_KB_AND_256_KB") == 1)
        #expect(await sizes("BETWEEN_1024B_AND_1_MB") == 2)
        #expect(await sizes("GREATER_THAN_512_MB") == 0)
        let all = "/minio/v2/metrics/cluster"
        #expect(await fixture.value(all, "minio_cluster_objects_version_distribution", "UNVERSIONED") == 4)
        let versioned = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        try await fixture.call("PUT", "/bucket?versioning", body: Array(versioned.utf8))
        for _ in 0..<2 { try await fixture.call("PUT", "/bucket/e", body: [UInt8](repeating: 1, count: 600)) }
        try await fixture.call("DELETE", "/bucket/e")
        try await fixture.call("PUT", "/bucket/f")
        #expect(
            try await finds(1) {
                await fixture.value(all, "minio_cluster_objects_version_distribution", "BETWEEN_2_AND_10")
            })
        #expect(await fixture.value(all, "minio_cluster_objects_version_distribution", "SINGLE_VERSION") == 1)
        // Both versions of one key together.
        #expect(await fixture.value(all, "minio_cluster_objects_size_distribution", "BETWEEN_1024_B_AND_64_KB") == 2)
    }
}
