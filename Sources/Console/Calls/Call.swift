import HTTPServer
import JSON
import NIOCore
import Requests
import S3Protocol
import SealedStorage

/// One call of the page by somebody who has logged in.
struct Call: Sendable {
    /// Bytes of a JSON body.
    private static let bodyLimit = 1 << 20

    let context: ConsoleContext
    let request: HTTPRequest
    let signedIn: SignedIn
    let agent: Agent
    /// What stands behind the name of the call's route: the name of a setting.
    let detail: String
    private let response: ResponseWriter
    private let query: [(name: String, value: String)]

    /// - Throws: for a parameter that the call does not know, or that stands there twice where it may not.
    init(
        _ context: ConsoleContext, _ request: HTTPRequest, _ target: RequestTarget, _ route: CallRoute,
        _ signedIn: SignedIn, _ response: ResponseWriter
    ) throws(ConsoleError) {
        self.context = context
        self.request = request
        self.signedIn = signedIn
        self.response = response
        detail = route.detail
        agent = Agent(context, signedIn, request)
        query = target.query
        var seen: Set<String> = []
        for (name, _) in target.query {
            guard route.parameters.contains(name) else { throw .invalid("The parameter '\(name)' is not known.") }
            guard seen.insert(name).inserted || route.repeated.contains(name) else {
                throw .invalid("The parameter '\(name)' stands there twice.")
            }
        }
    }

    // MARK: What is asked

    /// `nil` when it is missing.
    func parameter(_ name: String) -> String? { query.first { $0.name == name }?.value }

    func parameters(_ name: String) -> [String] { query.compactMap { $0.name == name ? $0.value : nil } }

    func required(_ name: String) throws(ConsoleError) -> String {
        guard let value = parameter(name), !value.isEmpty else {
            throw .invalid("The parameter '\(name)' is missing.")
        }
        return value
    }

    func flag(_ name: String) throws(ConsoleError) -> Bool {
        switch parameter(name) {
        case nil, "false": false
        case "true": true
        default: throw .invalid("The parameter '\(name)' is neither true nor false.")
        }
    }

    func integer(_ name: String, in range: ClosedRange<Int>, else preset: Int) throws(ConsoleError) -> Int {
        guard let text = parameter(name) else { return preset }
        guard let number = Int(text), range.contains(number) else {
            throw .invalid("The parameter '\(name)' is not a number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    /// The body, an object with these members at most.
    func members(_ known: Set<String>) async throws -> JSONMembers {
        try JSONMembers(try await Self.document(of: request, context), known: known)
    }

    /// A body of JSON.
    static func document(of request: HTTPRequest, _ context: ConsoleContext) async throws -> JSONValue {
        let type = (request.head.header("content-type") ?? "").prefix { $0 != ";" && $0 != " " }
        guard type.lowercased() == "application/json" else {
            throw ConsoleError.invalid("The body is not declared as application/json.")
        }
        let bytes = try await request.body.collect(upTo: bodyLimit)
        // A long one takes longer to read than an event loop has.
        let parsed =
            bytes.readableBytes > 16 << 10
            ? try await context.drive.offload { JSONValue([UInt8](bytes.readableBytesView)) }
            : JSONValue([UInt8](bytes.readableBytesView))
        guard let value = parsed else {
            throw ConsoleError.invalid("The body is not a JSON document, or nested too deeply.")
        }
        return value
    }

    // MARK: What is answered

    func answer(_ document: JSONValue, status: Int = 200) async throws {
        try await answer(document.bytes, status: status)
    }

    /// A document that was made elsewhere.
    func answer(_ bytes: [UInt8], status: Int = 200) async throws {
        if bytes.count > ResponseWriter.smallestBlockBytes { _ = try await response.room(for: Int64(bytes.count)) }
        await response.send(ConsoleHeaders.document(bytes, status: status))
    }

    func answerNothing() async {
        await response.send(HTTPResponse(status: 204, headers: ConsoleHeaders.ofCalls))
    }

    // MARK: What is no request to S3 or the administration

    /// Of a change that the console makes by itself: logs, trace and audit are told of it by this name.
    func begin(_ operation: String) -> RequestRecord {
        let record = context.pipeline.begin(signedIn.session.told(request), .console)
        record.operation = operation
        record.principal = signedIn.account.principal
        return record
    }

    func answer(_ document: JSONValue, status: Int = 200, _ record: RequestRecord) async throws {
        await send(ConsoleHeaders.document(document.bytes, status: status, headers: Self.id(record)), record)
    }

    func answerNothing(_ record: RequestRecord) async {
        await send(HTTPResponse(status: 204, headers: ConsoleHeaders.ofCalls + Self.id(record)), record)
    }

    private static func id(_ record: RequestRecord) -> [(name: String, value: String)] {
        [("x-amz-request-id", record.id)]
    }

    private func send(_ answer: HTTPResponse, _ record: RequestRecord) async {
        // Through the one exit, where it is counted and told.
        switch context.pipeline.answer(answer, record) {
        case .now(let whole): await response.send(whole)
        case .later(let work): await work(response)
        }
    }

    /// Waits until there is memory for an answer of a thousand rows, and what it is made of.
    func makeRoom() async throws { try await response.room(forDocumentUpTo: 8 << 20) }

    /// An answer of S3's to the browser itself, whose body, or that of the request, goes through as it comes.
    ///
    /// - Parameters:
    ///   - inner: gets the browser's body where it has one.
    ///   - filter: makes the console's answer of S3's: a whole one, or the head of one whose body follows.
    func pass(
        _ inner: InnerRequest, _ filter: @escaping @Sendable (HTTPResponse) -> HTTPResponse
    ) async throws {
        response.filter(filter)
        let request = HTTPRequest(
            head: agent.head(inner, secrets: request.head), body: request.body, connection: request.connection)
        switch context.requests.answer(request, as: try agent.caller()) {
        case .now(let whole): await response.send(whole)
        case .later(let work): await work(response)
        }
    }

    /// The response, for what answers piece by piece.
    var stream: ResponseWriter { response }
}
