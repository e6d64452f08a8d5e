import Logging
import NIOCore

/// How a server's TLS connections begin.
final class TLSEndpoint: Sendable {
    let certificates: CertificateStore
    private let log: HandshakeLog
    private let plainHTTPAnswer: [UInt8]
    /// What follows the head in it.
    private let plainHTTPBodyBytes: Int

    init(
        _ source: TLSConfigurationSource, _ configuration: HTTPServerConfiguration, logger: Logger
    ) throws(HTTPServerError) {
        certificates = try CertificateStore(source, http2: configuration.http2, logger: logger)
        log = HandshakeLog(logger, isOn: configuration.logsHandshakeErrors)
        let answer = configuration.plainHTTPAnswer
        plainHTTPAnswer = answer
        let headEnd = answer.indices.first { answer[$0...].starts(with: "\r\n\r\n".utf8) }
        plainHTTPBodyBytes = headEnd.map { answer.count - $0 - 4 } ?? 0
    }

    /// Makes `channel` shake hands; `serve` is called when that is over.
    func addHandlers(
        to channel: any Channel, _ loop: ConnectionLoop, _ server: ServerState, _ info: ConnectionInfo,
        serve: @escaping HandshakeHandler.Serve
    ) throws {
        let tls = try certificates.makeHandler()
        let handshake = HandshakeHandler(tls, loop: loop, server: server, info: info, log: log, serve: serve)
        let plain = PlainHTTPHandler(answer: plainHTTPAnswer) { [unowned handshake, plainHTTPBodyBytes] in
            handshake.foundPlainHTTP(bytesSent: plainHTTPBodyBytes)
        }
        try channel.pipeline.syncOperations.addHandlers(plain, tls.tls, handshake)
    }
}
