import HTTPServer
import Notation

/// Which proxies are believed who their client is, from `--trusted-proxies` and the environment.
extension TrustedProxies {
    /// Nil where none is named.
    init?(_ option: String?, _ environment: Environment) throws(StartFailure) {
        let title = option == nil ? "COFFER_TRUSTED_PROXIES" : "--trusted-proxies"
        let list = option ?? environment.value("TRUSTED_PROXIES") ?? ""
        let name = environment.value("TRUSTED_PROXY_HEADER")?.lowercased() ?? Header.xForwardedFor.rawValue
        guard let header = Header(rawValue: name) else {
            throw StartFailure(
                "COFFER_TRUSTED_PROXY_HEADER: \"\(name)\" is neither "
                    + Header.allCases.map(\.rawValue).joined(separator: " nor "))
        }
        var ranges: [AddressRange] = []
        for entry in list.split(separator: ",") {
            let text = entry.filter { $0 != " " }
            guard let range = AddressRange(text) else {
                throw StartFailure("\(title): \"\(text)\" is no address and no network, such as 10.0.0.0/8")
            }
            ranges.append(range)
        }
        guard !ranges.isEmpty else { return nil }
        self.init(ranges, header: header)
    }
}
