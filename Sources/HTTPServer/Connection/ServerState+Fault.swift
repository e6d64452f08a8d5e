import Logging
import NIOCore

extension ServerState {
    /// The engine's own answer, of which the log and the handler are told.
    ///
    /// Its body is nil where none goes out; the length of the body that a GET would have had is in its head.
    func answer(
        to fault: HTTPFault, isHEAD: Bool, method: String?, target: String?, from peer: ConnectionInfo
    ) -> HTTPResponse {
        logger.debug("refused a request", metadata: ["peer": "\(peer.remoteAddress)", "reason": "\(fault)"])
        let answer = errorBody(fault)
        let head = ResponseHead(
            status: answer.status, headers: answer.headers, contentLength: Int64(answer.body.count))
        let body = head.sendsBody(inAnswerToHEAD: isHEAD) ? ByteBuffer(bytes: answer.body) : nil
        // What the handler has seen is its own to tell of.
        if fault != .noResponse {
            handler.refused(
                HTTPRefusal(
                    fault: fault, status: answer.status, bytesSent: body?.readableBytes ?? 0, method: method,
                    target: target, connection: peer))
        }
        return HTTPResponse(head, body: body)
    }
}
