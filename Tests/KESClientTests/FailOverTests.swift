import HTTPServer
import KESClient
import KESProtocol
import Synchronization
import Testing

@Suite struct FailOverTests {
    private let good = #"{"version":"v","commit":"c"}"#

    /// An address where nothing listens.
    private func deadURL() async throws -> String {
        let url = Mutex("")
        try await withServers([FakeServer { _ in Answer() }]) { urls in url.withLock { $0 = urls[0] } }
        return url.withLock { $0 }
    }

    @Test func `a dead server is passed over, and not asked again`() async throws {
        let dead = try await deadURL()
        let fake = FakeServer { [good] _ in .json(good) }
        try await withServers([fake]) { urls in
            let client = try client([dead, urls[0]])
            for _ in 0..<4 { #expect(try await client.version().version == "v") }
            #expect(fake.requests.count == 4)
            let statuses = await client.endpointStatuses()
            #expect(statuses.map(\.isOnline) == [false, true])
            #expect(statuses[0].failure?.description.contains("connection refused") == true)
        }
    }

    @Test(arguments: [500, 502, 504])
    func `a failure of the server is one for the next server, 501 is an answer`(status: Int) async throws {
        let bad = FakeServer { request in .fault(request.hasPrefix("POST") ? 501 : status, "bad") }
        let fake = FakeServer { [good] _ in .json(good) }
        try await withServers([bad, fake]) { urls in
            let client = try client(urls)
            for _ in 0..<4 { #expect(try await client.version().version == "v") }
            #expect(bad.requests.count <= 1)
            #expect(fake.requests.count == 4)
        }
        try await withServers([bad, bad]) { urls in
            await #expect(throws: KESClientError.fault(KESFault(status: 501, message: "bad"))) {
                try await client(urls).createKey(try name("k"))
            }
        }
    }

    @Test func `when all fail the last failure is told, and none is asked twice`() async throws {
        let bad = FakeServer { _ in .fault(502, "failed to read key") }
        try await withServers([bad, bad]) { urls in
            await #expect(throws: KESClientError.fault(.keyReadFailed)) { try await client(urls).version() }
        }
        #expect(bad.requests.count == 2)
    }

    @Test func `a busy server is asked again after a while`() async throws {
        let count = Atomic(0)
        try await withFake({ [good] _ in
            count.add(1, ordering: .relaxed).newValue < 3 ? .fault(503, "busy") : .json(good)
        }) { (client, fake) async throws in
            #expect(try await client.version().version == "v")
            #expect(fake.requests.count == 3)
        }
        try await withFake({ _ in .fault(503, "busy") }) { client, fake in
            await #expect(throws: KESClientError.fault(KESFault(status: 503, message: "busy"))) {
                try await client.version()
            }
            #expect(fake.requests.count == 3)
        }
    }

    @Test func `a server that hangs leaves time for another`() async throws {
        let hanging = FakeServer { _ in Answer(delay: .seconds(60)) }
        let fake = FakeServer { [good] _ in .json(good) }
        try await withServers([hanging, fake]) { urls in
            let client = try client(urls, timeout: .milliseconds(800))
            for _ in 0..<3 { #expect(try await client.version().version == "v") }
        }
    }

    @Test func `what changes keys is sent once when nobody knows what became of it`() async throws {
        let hanging = FakeServer { _ in Answer(delay: .seconds(60)) }
        let key = try name("k")
        try await withServers([hanging, hanging]) { urls in
            for call in [
                { try await $0.createKey(key) }, { try await $0.importKey(key, key: Array(0..<32)) },
                { try await $0.deleteKey(key) }, { _ = try await $0.rotateKey(key) },
            ] as [(KESClient) async throws -> Void] {
                let before = hanging.requests.count
                let error = await #expect(throws: KESClientError.self) {
                    try await call(try client(urls, timeout: .milliseconds(400)))
                }
                #expect(error?.description == "kes: connection error: timed out waiting for the answer")
                #expect(hanging.requests.count == before + 1)
            }
            await #expect(throws: KESClientError.self) { try await client(urls, timeout: .milliseconds(400)).version() }
        }
        #expect(hanging.requests.count == 4 + 2)
        // A server that cannot be reached has not seen it.
        let fake = FakeServer { _ in Answer() }
        let dead = try await deadURL()
        try await withServers([fake]) { urls in
            for _ in 0..<4 { try? await client([dead, urls[0]]).createKey(key) }
        }
        #expect(fake.requests.count == 4)
    }

    @Test func `a call ends in time`() async throws {
        let hanging = FakeServer { _ in Answer(delay: .seconds(60)) }
        try await withServers([hanging]) { urls in
            let error = await #expect(throws: KESClientError.self) {
                try await client(urls, timeout: .milliseconds(300)).version()
            }
            #expect(error?.description == "kes: connection error: timed out waiting for the answer")
        }
        #expect(hanging.requests.count == 1)
    }

    @Test func `a cancelled call is not tried again`() async throws {
        let hanging = FakeServer { _ in Answer(delay: .seconds(60)) }
        try await withServers([hanging]) { urls in
            let client = try client(urls)
            let task = Task { try await client.version() }
            while hanging.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            task.cancel()
            await #expect(throws: KESClientError.cancelled) { try await task.value }
            #expect(hanging.requests.count == 1)
        }
    }
}
