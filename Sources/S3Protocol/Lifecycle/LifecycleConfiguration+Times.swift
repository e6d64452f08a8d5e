import Notation

extension LifecycleConfiguration {
    /// When the first of the rules ends a current version, and which; nil when none does.
    ///
    /// - Parameters:
    ///   - size: bytes.
    ///   - modified: milliseconds since 1970, as the result.
    package func expiry(
        ofKey key: String, size: Int64, modified: Int64, tags: [(key: String, value: String)],
        _ calendar: LifecycleCalendar = .civil
    ) -> (time: Int64, rule: String)? {
        first { rule in
            guard rule.filter.admits(key: key), rule.filter.admits(size: size), rule.filter.admits(tags) else {
                return nil
            }
            return rule.expiry(modified: modified, calendar)
        }
    }

    /// When the first of the rules aborts an upload, and which; nil when none does.
    ///
    /// - Parameter initiated: milliseconds since 1970, as the result.
    package func abortion(
        ofUploadTo key: String, initiated: Int64, _ calendar: LifecycleCalendar = .civil
    ) -> (time: Int64, rule: String)? {
        first { rule in
            guard let days = rule.abortUploadAfterDays, rule.filter.admits(key: key) else { return nil }
            return calendar.moment(days, after: initiated)
        }
    }

    private func first(_ time: (LifecycleRule) -> Int64?) -> (time: Int64, rule: String)? {
        var first: (time: Int64, rule: String)?
        for rule in rules where rule.isEnabled {
            guard let time = time(rule), first.map({ time < $0.time }) ?? true else { continue }
            first = (time, rule.id)
        }
        return first
    }

    /// The header that tells when an object ends, as a list of one; empty when none of the rules ends it.
    package func expirationHeader(
        ofKey key: String, size: Int64, modified: Int64, tags: [(key: String, value: String)]
    ) -> [(name: String, value: String)] {
        guard let expiry = expiry(ofKey: key, size: size, modified: modified, tags: tags) else { return [] }
        let date = HTTPDate.format(expiry.time)
        return [("x-amz-expiration", "expiry-date=\"\(date)\", rule-id=\"\(PercentEncoding.encode(expiry.rule))\"")]
    }

    /// The headers that tell when an upload is aborted; none when none of the rules does it.
    package func abortionHeaders(ofUploadTo key: String, initiated: Int64) -> [(name: String, value: String)] {
        guard let abortion = abortion(ofUploadTo: key, initiated: initiated) else { return [] }
        return [
            ("x-amz-abort-date", HTTPDate.format(abortion.time)),
            ("x-amz-abort-rule-id", PercentEncoding.encode(abortion.rule)),
        ]
    }
}

extension LifecycleRule {
    /// When a current version ends; nil when the rule does not end it.
    func expiry(modified: Int64, _ calendar: LifecycleCalendar) -> Int64? {
        switch expiration {
        case .days(let days): calendar.moment(days, after: modified)
        case .date(let date): date
        case .expiredDeleteMarker, nil: nil
        }
    }
}
