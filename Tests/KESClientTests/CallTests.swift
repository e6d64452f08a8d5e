import KESClient
import KESProtocol
import Testing

/// What goes over the wire for each call, and what becomes of the answers of servers of all ages.
@Suite struct CallTests {
    @Test func `keys are made, described, imported, rotated and deleted`() async throws {
        let described =
            #"{"name":"k","algorithm":"AES256","created_at":"2026-11-21T00:30:50.120388462Z","created_by":"566d"}"#
        try await withFake({ request in
            request.hasPrefix("GET")
                ? .json(described + "\n")
                : request.contains("/rotate/") ? .json(#"{"name":"k","version":2}"#) : Answer()
        }) { client, fake in
            let key = try name("k")
            try await client.createKey(key)
            try await client.importKey(key, key: Array(0..<32))
            let description = try await client.describeKey(key)
            #expect(description.name == "k")
            #expect(description.algorithm == "AES256")
            #expect(description.createdAt.text == "2026-11-21T00:30:50.120388462Z")
            #expect(description.createdBy == "566d")
            #expect(try await client.rotateKey(key).version == 2)
            try await client.deleteKey(key)
            #expect(
                fake.requests.map { $0.filter { $0 != "\n" } } == [
                    "POST /v1/key/create/k",
                    #"POST /v1/key/import/k {"key":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=","cipher":"AES256"}"#,
                    "GET /v1/key/describe/k", "POST /v1/key/rotate/k", "DELETE /v1/key/delete/k",
                ])
        }
    }

    @Test func `a context is sent as it is, an empty object too`() async throws {
        try await withFake({ request in
            request.contains("/generate/")
                ? .json(#"{"plaintext":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=","ciphertext":"/w=="}"#)
                : request.contains("/hmac/")
                    ? .json(#"{"hmac":"AQI="}"#)
                    : request.contains("/encrypt/")
                        ? .json(#"{"ciphertext":"Aw=="}"#) : .json(#"{"plaintext":"aGVsbG8="}"#)
        }) { client, fake in
            let key = try name("k")
            let generated = try await client.generateKey(under: key, context: Array("{}".utf8))
            #expect(generated.plaintext == Array(0..<32))
            #expect(generated.ciphertext == [0xff])
            #expect(try await client.decrypt([0xff], under: key, context: Array("ctx".utf8)) == Array("hello".utf8))
            #expect(try await client.encrypt(Array("hello".utf8), under: key, context: []) == [3])
            #expect(try await client.hmac([1], under: key) == [1, 2])
            #expect(
                fake.requests.map { $0.filter { $0 != "\n" } } == [
                    #"POST /v1/key/generate/k {"context":"e30="}"#,
                    #"POST /v1/key/decrypt/k {"ciphertext":"/w==","context":"Y3R4"}"#,
                    #"POST /v1/key/encrypt/k {"plaintext":"aGVsbG8=","context":""}"#,
                    #"POST /v1/key/hmac/k {"message":"AQ=="}"#,
                ])
        }
    }

    @Test func `lists are read page by page`() async throws {
        try await withFake({ request in
            switch request {
            case "GET /v1/key/list/a": .json(#"{"names":["a-1","a-2"],"continue_at":"a.YS0y"}"#)
            case "GET /v1/key/list/a.YS0y": .json(#"{"names":["a-3"],"continue_at":""}"#)
            case "GET /v1/key/list/%2A": .json(#"{"names":["a-1","b"]}"#)
            case "GET /v1/policy/list/%2A": .json(#"{"names":["p"],"continue_at":""}"#)
            case "GET /v1/identity/list/%2A": .json(#"{"identities":["i"],"continue_at":""}"#)
            default: .fault(400, "listing pattern is invalid")
            }
        }) { (client, _) async throws in
            #expect(try await client.listKeys(prefix: "a") == ["a-1", "a-2", "a-3"])
            // KES refuses the hyphen at the end, so it is asked for less and the rest is left out here.
            #expect(try await client.listKeys(prefix: "a-") == ["a-1", "a-2", "a-3"])
            #expect(try await client.listKeys(prefix: "-") == [])
            #expect(try await client.listKeys() == ["a-1", "b"])
            #expect(try await client.listPolicies() == ["p"])
            #expect(try await client.listIdentities() == ["i"])
        }
    }

    @Test func `a list that names itself as its next page ends`() async throws {
        try await withFake({ _ in .json(#"{"names":["a"],"continue_at":"a"}"#) }) { (client, fake) async throws in
            #expect(try await client.listKeys(prefix: "a") == ["a"])
            #expect(fake.requests.count == 1)
        }
    }

    @Test func `servers of 2022 and 2023 answer lines, to patterns with an asterisk`() async throws {
        try await withFake({ request in
            let lines =
                request.hasSuffix("%2A")
                ? #"{"name":"my-1","id":"x"}"# + "\n" + #"{"name":"my-2"}"# + "\n" : ""
            return Answer(type: "application/x-ndjson", body: lines.isEmpty ? "\n" : lines)
        }) { (client, fake) async throws in
            #expect(try await client.listKeys(prefix: "my") == ["my-1", "my-2"])
            #expect(fake.requests == ["GET /v1/key/list/my", "GET /v1/key/list/my%2A"])
            #expect(try await client.listKeys() == ["my-1", "my-2"])
        }
        try await withFake({ _ in
            Answer(type: "application/x-ndjson", body: #"{"name":"a"}"# + "\n" + #"{"error":"disk"}"# + "\n")
        }) { client, _ in
            await #expect(throws: KESClientError.self) { try await client.listKeys() }
        }
    }

    @Test func `a key of 2023 has an id and no algorithm`() async throws {
        try await withFake({ _ in .json(#"{"name":"k","id":"31b5","created_at":"2023-01-02T03:04:05Z"}"#) }) {
            client, _ in
            let description = try await client.describeKey(try name("k"))
            #expect(description.algorithm == "")
            #expect(description.createdBy == "")
        }
    }

    @Test(arguments: [
        (Answer.fault(404, "key does not exist"), KESFault.keyNotFound),
        (Answer(status: 404, body: #"{"error":"key does not exist"}"#), KESFault.keyNotFound),
        (
            Answer(status: 404, type: "text/plain; charset=utf-8", body: "404 page not found\n"),
            KESFault(status: 404, message: "404 page not found")
        ),
        (Answer.fault(400, "key does already exist"), KESFault(status: 400, message: "key does already exist")),
        (Answer.fault(403, "not authorized: insufficient permissions"), KESFault.notAuthorized),
        (Answer.fault(501, "no"), KESFault(status: 501, message: "no")),
    ])
    func `refusals are final, in JSON of two kinds or plain text`(answer: Answer, fault: KESFault) async throws {
        try await withFake({ _ in answer }) { client, fake in
            await #expect(throws: KESClientError.fault(fault)) { try await client.describeKey(try name("k")) }
            #expect(fake.requests.count == 1)
        }
    }

    @Test func `an answer that is no JSON is no answer`() async throws {
        try await withFake({ _ in .json("<html>") }) { client, _ in
            let error = await #expect(throws: KESClientError.self) { try await client.status() }
            guard case .invalidResponse = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func `the server's state, version and calls`() async throws {
        try await withFake({ request in
            switch request {
            case "GET /version": .json(#"{"version":"2025-03-12T09-35-18Z","commit":"3516"}"#)
            case "GET /v1/status":
                .json(
                    #"{"version":"v","os":"linux","arch":"amd64","uptime":54,"num_cpu":2,"num_cpu_used":2,"#
                        + #""mem_heap_used":2930752,"mem_stack_used":557056,"keystore_latency":1}"#)
            case "GET /v1/api": .json(#"[{"method":"GET","path":"/version","max_body":0,"timeout":10}]"#)
            case "GET /v1/metrics": Answer(type: "text/plain", body: "kes_x 1\n")
            case "GET /v1/ready": .fault(504, "key store is not reachable")
            default: .fault(404, "no")
            }
        }) { client, _ in
            #expect(try await client.version().version == "2025-03-12T09-35-18Z")
            let status = try await client.status()
            #expect(status.uptime == 54)
            #expect(status.keyStoreLatency == 1)
            #expect(try await client.apis().map(\.path) == ["/version"])
            #expect(try await client.metrics() == "kes_x 1\n")
            await #expect(throws: KESClientError.fault(.keyStoreUnreachable)) { try await client.ready() }
        }
    }

    @Test func `policies, identities and oneself`() async throws {
        try await withFake({ request in
            switch request {
            case "GET /v1/policy/describe/p":
                .json(#"{"name":"p","created_at":"2026-01-01T00:00:00Z","created_by":"a"}"#)
            case "GET /v1/policy/read/p":
                .json(#"{"name":"p","allow":{"/v1/key/*":{}},"created_at":"2026-01-01T00:00:00Z","created_by":"a"}"#)
            case "GET /v1/identity/describe/i": .json(#"{"policy":"p","created_at":"2026-01-01T00:00:00Z"}"#)
            case "GET /v1/identity/self/describe":
                .json(#"{"identity":"me","admin":true,"created_at":"2026-01-01T00:00:00Z"}"#)
            default: .fault(404, "no")
            }
        }) { client, _ in
            let policy = try #require(PolicyName("p"))
            #expect(try await client.describePolicy(policy).createdBy == "a")
            #expect(try await client.readPolicy(policy).rules.allow == ["/v1/key/*"])
            #expect(try await client.describeIdentity(try #require(Identity("i"))).policy == "p")
            let own = try await client.describeSelf()
            #expect(own.isAdmin)
            #expect(own.identity == "me")
        }
    }

    @Test func `events come line by line, and a refusal is one`() async throws {
        try await withFake({ request in
            request.hasSuffix("audit")
                ? Answer(type: "application/x-ndjson", body: "{\"a\":1}\n\n{\"b\":2}\n") : .fault(403, "no")
        }) { client, _ in
            let log = try await client.log(.audit)
            #expect(try await log.next() == Array(#"{"a":1}"#.utf8))
            #expect(try await log.next() == Array(#"{"b":2}"#.utf8))
            #expect(try await log.next() == nil)
            await #expect(throws: KESClientError.fault(KESFault(status: 403, message: "no"))) {
                try await client.log(.error)
            }
        }
    }
}
