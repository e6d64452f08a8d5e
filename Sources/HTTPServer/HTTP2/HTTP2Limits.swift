import NIOHTTP2

/// What one HTTP/2 client may cost, besides `HTTPLimits`.
enum HTTP2Limits {
    /// Streams of a connection at a time.
    static let concurrentStreams = 128
    /// Bytes of a stream's input that may be in memory before its handler takes them.
    static let streamWindowBytes = 128 * 1024
    /// A response's `write` waits while more than so many bytes of its stream have not left, until fewer than half do.
    static let outboundBytes = 256 * 1024
    /// Answers to pings and settings that may wait for a client that does not read.
    static let bufferedControlFrames = 1000
    /// Streams that a client may reset, and pings and the like that it may send, in half a minute.
    static let resets = 500
    static let controlFrames = 500

    static func connection(_ limits: HTTPLimits) -> NIOHTTP2Handler.ConnectionConfiguration {
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: concurrentStreams),
            HTTP2Setting(parameter: .maxHeaderListSize, value: limits.headBytes),
            HTTP2Setting(parameter: .initialWindowSize, value: streamWindowBytes),
        ]
        configuration.targetWindowSize = 1024 * 1024
        configuration.maximumBufferedControlFrames = bufferedControlFrames
        configuration.controlFrameRateLimit.maximumCount = controlFrames
        return configuration
    }

    static let stream: NIOHTTP2Handler.StreamConfiguration = {
        var configuration = NIOHTTP2Handler.StreamConfiguration()
        configuration.targetWindowSize = streamWindowBytes
        configuration.outboundBufferSizeHighWatermark = outboundBytes
        configuration.outboundBufferSizeLowWatermark = outboundBytes / 2
        configuration.streamResetFrameRateLimit.maximumCount = resets
        return configuration
    }()

    /// Whether the connection goes on after `error`.
    ///
    /// The HTTP/2 layer reports both kinds alike. What is not known to concern one stream ends the connection.
    static func concernsOneStream(_ error: any Error) -> Bool {
        switch error {
        case is NIOHTTP2Errors.StreamError, is NIOHTTP2Errors.StreamClosed,
            is NIOHTTP2Errors.ContentLengthViolated, is NIOHTTP2Errors.ContentLengthHeadersMismatch,
            is NIOHTTP2Errors.ContentLengthHeaderNegative, is NIOHTTP2Errors.ContentLengthHeaderMalformedValue,
            is NIOHTTP2Errors.MissingPseudoHeader, is NIOHTTP2Errors.DuplicatePseudoHeader,
            is NIOHTTP2Errors.PseudoHeaderAfterRegularHeader, is NIOHTTP2Errors.UnknownPseudoHeader,
            is NIOHTTP2Errors.InvalidPseudoHeaders, is NIOHTTP2Errors.InvalidPseudoHeaderValue,
            is NIOHTTP2Errors.EmptyPathHeader, is NIOHTTP2Errors.ForbiddenHeaderField,
            is NIOHTTP2Errors.InvalidHTTP2HeaderFieldName, is NIOHTTP2Errors.InvalidHTTP2HeaderFieldValue,
            is NIOHTTP2Errors.TrailersWithoutEndStream, is NIOHTTP2Errors.MaxStreamsViolation:
            true
        default: false
        }
    }
}
