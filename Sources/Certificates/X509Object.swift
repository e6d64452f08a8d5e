import COpenSSL
import Glibc

/// An OpenSSL certificate, freed with its last reference.
///
/// `@unchecked Sendable`: it is not changed after it was read or signed, and OpenSSL guards what it caches in it.
final class X509Object: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes the certificate over.
    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    /// Reads a certificate; `nil` unless the bytes are one and nothing else.
    init?(der: [UInt8]) {
        let read = der.withUnsafeBufferPointer { der -> OpaquePointer? in
            var position = der.baseAddress
            guard let certificate = d2i_X509(nil, &position, der.count) else { return nil }
            guard let start = der.baseAddress, let position, position - start == der.count else {
                X509_free(certificate)
                return nil
            }
            return certificate
        }
        ERR_clear_error()
        guard let read else { return nil }
        pointer = read
    }

    deinit { X509_free(pointer) }

    var der: [UInt8] { encoded { i2d_X509(pointer, $0) } }

    var publicKeyDER: [UInt8] { encoded { i2d_X509_PUBKEY(X509_get_X509_PUBKEY(pointer), $0) } }

    var isCA: Bool {
        let authority = UInt32(EXFLAG_BCONS | EXFLAG_CA)
        return X509_get_extension_flags(pointer) & authority == authority
    }

    var notBefore: Int64? { seconds(X509_get0_notBefore(pointer)) }

    var notAfter: Int64? { seconds(X509_get0_notAfter(pointer)) }

    /// The last common name of the subject, empty when there is none.
    var commonName: String {
        let subject = X509_get_subject_name(pointer)
        var index: Int32 = -1
        var name = ""
        while true {
            index = X509_NAME_get_index_by_NID(subject, NID_commonName, index)
            guard index >= 0, let entry = X509_NAME_get_entry(subject, index) else { return name }
            var text: UnsafeMutablePointer<UInt8>?
            let count = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry))
            guard count >= 0, let text else { continue }
            name = String(decoding: UnsafeBufferPointer(start: text, count: Int(count)), as: UTF8.self)
            CRYPTO_free(text, nil, 0)
        }
    }

    /// The DNS names and the IP addresses of the subject's alternative names.
    var alternativeNames: (dns: [String], ip: [String]) {
        guard let names = coffer_subject_alternative_names(pointer) else { return ([], []) }
        defer { GENERAL_NAMES_free(names) }
        var dns: [String] = []
        var ip: [String] = []
        for index in 0..<coffer_names_count(names) {
            var count: Int32 = 0
            if let bytes = coffer_name_at(names, index, GEN_DNS, &count) {
                dns.append(String(decoding: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self))
            } else if let bytes = coffer_name_at(names, index, GEN_IPADD, &count) {
                IPAddress(bytes: UnsafeBufferPointer(start: bytes, count: Int(count))).map { ip.append($0.text) }
            }
        }
        return (dns, ip)
    }

    private func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
        var fields = tm()
        guard ASN1_TIME_to_tm(time, &fields) == 1 else { return nil }
        return Int64(timegm(&fields))
    }
}

/// What one of OpenSSL's `i2d` functions writes, given twice: first for the length, then for the bytes.
func encoded(_ encode: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32) -> [UInt8] {
    let count = encode(nil)
    precondition(count > 0, "OpenSSL could not encode its own object")
    return [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, initialized in
        var position = buffer.baseAddress
        initialized = Int(encode(&position))
    }
}
