/// Certificates and private keys as OpenSSL has them: PEM files, identities, verification.
package enum PEM {}
