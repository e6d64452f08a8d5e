import COpenSSL
import Cryptography
import Glibc

/// What a new certificate is to say.
///
/// An end entity's has basic constraints that say so (critical) and the key usage digitalSignature (critical). An authority's
/// may sign end entities' certificates and no further authority's. The serial number is 128 random bits.
package struct CertificateContents: Sendable {
    package enum ExtendedKeyUsage: String, Sendable, CaseIterable { case clientAuth, serverAuth }

    package var commonName: String
    /// Seconds since 1970.
    package var notBefore: Int64
    /// Seconds since 1970.
    package var notAfter: Int64
    package var dnsNames: [String]
    /// IPv4 and IPv6 addresses as text.
    package var ipAddresses: [String]
    package var extendedKeyUsage: [ExtendedKeyUsage]
    /// Whether it is a certificate authority's.
    package var isAuthority = false

    package init(
        commonName: String, notBefore: Int64, notAfter: Int64, dnsNames: [String] = [], ipAddresses: [String] = [],
        extendedKeyUsage: [ExtendedKeyUsage]
    ) {
        self.commonName = commonName
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.dnsNames = dnsNames
        self.ipAddresses = ipAddresses
        self.extendedKeyUsage = extendedKeyUsage
    }

    /// The certificate for the public half of `key`, signed by its private half.
    ///
    /// Throws `invalidName` for a name that cannot stand in a certificate, and `invalidTime` for a time beyond the year
    /// 9999.
    package func signed(with key: PrivateKey) throws(CertificateError) -> Certificate {
        try signed(for: key, issuer: nil, with: key)
    }

    /// The certificate for the public half of `key`, signed by `authority`; it ends no later than the authority's own.
    ///
    /// Throws as ``signed(with:)`` does.
    package func signed(
        for key: PrivateKey, by authority: CertificateAuthority
    ) throws(CertificateError) -> Certificate {
        var contents = self
        contents.notAfter = min(notAfter, authority.certificate.notAfter)
        return try contents.signed(for: key, issuer: authority.certificate, with: authority.key)
    }

    /// - Parameter issuer: `nil` for the certificate itself.
    private func signed(
        for key: PrivateKey, issuer: Certificate?, with signer: PrivateKey
    ) throws(CertificateError) -> Certificate {
        guard let pointer = X509_new() else { fatalError("out of memory") }
        let object = X509Object(pointer)
        defer { ERR_clear_error() }
        X509_set_version(pointer, Int(X509_VERSION_3))
        setSerialNumber(of: object)
        try setSubjectAndIssuer(of: object)
        try setValidity(of: object)
        X509_set_pubkey(pointer, key.pointer)
        // The notation's words are those of the cases.
        add(NID_key_usage, isAuthority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature", to: object)
        if !extendedKeyUsage.isEmpty {
            add(NID_ext_key_usage, extendedKeyUsage.map(\.rawValue).joined(separator: ","), to: object)
        }
        add(NID_basic_constraints, isAuthority ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE", to: object)
        try addAlternativeNames(to: object)
        if let issuer {
            guard let issuer = X509Object(der: issuer.der) else { throw CertificateError.malformedCertificate }
            X509_set_issuer_name(pointer, X509_get_subject_name(issuer.pointer))
            addKeyIdentifiers(to: object, issuer: issuer)
        } else if isAuthority {
            addKeyIdentifiers(to: object, issuer: object)
        }
        // Ed25519 hashes by itself.
        let digest = EVP_PKEY_get_id(signer.pointer) == EVP_PKEY_ED25519 ? nil : EVP_sha256()
        precondition(X509_sign(pointer, signer.pointer, digest) > 0, "OpenSSL could not sign")
        return try Certificate(der: object.der)
    }

    private func setSerialNumber(of object: X509Object) {
        let random = SecureRandom.bytes(16)
        let number = BN_bin2bn(random, Int32(random.count), nil)
        defer { BN_free(number) }
        let isSet = BN_to_ASN1_INTEGER(number, X509_get_serialNumber(object.pointer)) != nil
        precondition(isSet, "OpenSSL could not set the serial number")
    }

    private func setSubjectAndIssuer(of object: X509Object) throws(CertificateError) {
        let subject = X509_get_subject_name(object.pointer)
        let text = Array(commonName.utf8)
        if !text.isEmpty {
            let isAdded = X509_NAME_add_entry_by_NID(
                subject, NID_commonName, MBSTRING_UTF8, text, Int32(clamping: text.count), -1, 0)
            guard isAdded == 1 else { throw CertificateError.invalidName(commonName) }
        }
        X509_set_issuer_name(object.pointer, subject)
    }

    private func setValidity(of object: X509Object) throws(CertificateError) {
        let isSet =
            ASN1_TIME_set(X509_getm_notBefore(object.pointer), time_t(notBefore)) != nil
            && ASN1_TIME_set(X509_getm_notAfter(object.pointer), time_t(notAfter)) != nil
        guard isSet else { throw CertificateError.invalidTime }
    }

    private func addAlternativeNames(to object: X509Object) throws(CertificateError) {
        guard !dnsNames.isEmpty || !ipAddresses.isEmpty else { return }
        guard let names = GENERAL_NAMES_new() else { fatalError("out of memory") }
        defer { GENERAL_NAMES_free(names) }
        for name in dnsNames {
            let bytes = Array(name.utf8)
            guard !bytes.isEmpty, bytes.allSatisfy({ 0x21...0x7e ~= $0 }) else {
                throw CertificateError.invalidName(name)
            }
            let isAdded = coffer_names_append(names, GEN_DNS, bytes, Int32(clamping: bytes.count))
            precondition(isAdded == 1, "out of memory")
        }
        for address in ipAddresses {
            guard let bytes = IPAddress(address)?.bytes else { throw CertificateError.invalidName(address) }
            let isAdded = coffer_names_append(names, GEN_IPADD, bytes, Int32(bytes.count))
            precondition(isAdded == 1, "out of memory")
        }
        let isAdded = X509_add1_ext_i2d(
            object.pointer, NID_subject_alt_name, UnsafeMutableRawPointer(names), 0, UInt(X509V3_ADD_DEFAULT))
        precondition(isAdded == 1, "OpenSSL could not add the names")
    }

    /// By these a verifier finds the issuer among several of one name.
    private func addKeyIdentifiers(to object: X509Object, issuer: X509Object) {
        let isAdded = coffer_add_key_identifiers(object.pointer, issuer.pointer)
        precondition(isAdded == 1, "OpenSSL could not add an extension")
    }

    private func add(_ kind: Int32, _ value: String, to object: X509Object) {
        let isAdded = coffer_add_extension(object.pointer, kind, value)
        precondition(isAdded == 1, "OpenSSL could not add an extension")
    }
}
