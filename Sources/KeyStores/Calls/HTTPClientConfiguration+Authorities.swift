import HTTPClient

extension HTTPClientConfiguration {
    /// Trusts the certificates in a file or directory and no others; the system's where there is none.
    init(trustingOnly authorities: String?) {
        self.init()
        guard let authorities else { return }
        trustsSystem = false
        caPaths = [authorities]
    }
}
