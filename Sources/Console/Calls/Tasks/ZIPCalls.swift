import Accounts
import HTTPServer
import JSON
import NIOCore
import Notation
import Requests
import S3Protocol

/// Many objects as one archive, which is made as it is sent.
enum ZIPCalls {
    static let routes = [CallRoute("POST selection", select), CallRoute("GET zip", ["selection", "name"], zip)]

    private static func select(_ call: Call) async throws {
        let members = try await call.members(TaskSelection.members.union(["under"]))
        let selection = ArchiveSelection(
            objects: try TaskSelection(members), under: try members.text("under") ?? "")
        let (token, end) = try call.context.selections.keep(selection, for: call.signedIn.session.id)
        try await call.answer(.object(["selection": .string(token), "ends": .time(end)]), status: 201)
    }

    private static func zip(_ call: Call) async throws {
        let token = try call.required("selection")
        guard let selection = call.context.selections.find(token, of: call.signedIn.session.id) else {
            throw ConsoleError(404, "NoSuchSelection", "There is no such selection, or it is too old.")
        }
        let place = try call.context.streams.enter(call.signedIn)
        defer { place.leave() }
        let name = FileName.last(of: call.parameter("name") ?? "\(selection.objects.bucket).zip")
        let archive = Archive(call, selection, name)
        try await selection.objects.forEachBatch(call.agent) { entries in
            for entry in entries { try await archive.add(entry) }
        }
        try await archive.finish()
    }
}

/// An archive on its way out: one object at a time is open.
///
/// Whatever fails once it has begun breaks it off: a short archive must not look like a whole one.
private final class Archive {
    private let call: Call
    private let selection: ArchiveSelection
    private let name: String
    private var names = ArchiveNames()
    private var writer = ArchiveWriter()
    private var hasBegun = false

    init(_ call: Call, _ selection: ArchiveSelection, _ name: String) {
        self.call = call
        self.selection = selection
        self.name = name
    }

    func add(_ entry: TaskSelection.Entry) async throws {
        guard let member = try names.name(of: entry.key, under: selection.under) else { return }
        let request = InnerRequest("GET", bucket: selection.objects.bucket, key: entry.key)
        let caller = try call.agent.caller()
        var refused: ResponseHead?
        var refusal: [UInt8] = []
        try await call.context.inProcess.stream(
            call.agent.head(request), connection: call.request.connection,
            by: { [context = call.context] in context.requests.answer($0, as: caller) },
            begin: { head in
                guard head.status == 200 else {
                    refused = head
                    return
                }
                try await self.begin()
                let modified = head.headers.firstValue(of: "last-modified").flatMap { HTTPDate.parse($0) } ?? 0
                let start = self.writer.begin(member, size: head.contentLength ?? 0, modified: modified * 1000)
                try await self.write(ByteBuffer(bytes: start))
            },
            piece: { piece in
                guard refused == nil else {
                    refusal += piece.readableBytesView
                    return
                }
                piece.withUnsafeReadableBytes { self.writer.add($0) }
                try await self.write(piece)
            })
        if let refused { throw ConsoleError(refusalOf: refused.status, refused.headers, refusal) }
        try await write(ByteBuffer(bytes: writer.end()))
    }

    func finish() async throws {
        try await begin()
        for piece in writer.directory() { try await write(ByteBuffer(bytes: piece)) }
        await call.stream.finish()
    }

    private func begin() async throws {
        guard !hasBegun else { return }
        hasBegun = true
        try await call.stream.start(
            ResponseHead(
                status: 200,
                headers: ConsoleHeaders.object(ConsoleHeaders.sandbox) + [
                    ("content-type", "application/zip"),
                    ("content-disposition", FileName.attachment(named: name.hasSuffix(".zip") ? name : name + ".zip")),
                ], contentLength: nil))
    }

    private func write(_ bytes: ByteBuffer) async throws {
        _ = try await call.stream.room(for: nil)
        try await call.stream.write(bytes)
    }
}
