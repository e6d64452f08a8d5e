#ifndef COFFER_COPENSSL_SHIM_H
#define COFFER_COPENSSL_SHIM_H

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// One message through a context that stands ready for one, and is set back to that: so nothing of the message, which may
// have been a key, stays in it. All return 1, or 0 when the provider failed.

static inline int coffer_digest(EVP_MD_CTX *context, const void *bytes, size_t count, uint8_t *digest) {
    return EVP_DigestUpdate(context, bytes, count) && EVP_DigestFinal_ex(context, digest, NULL) &&
           EVP_DigestInit_ex2(context, NULL, NULL);
}

// HMAC (RFC 2104) over the provider's digest. A context of OpenSSL's own HMAC takes
// longer to be given a new key than to digest a short message; keys here are rarely used twice.
// The message comes in two pieces so that HKDF can append its counter without a copy.

// The longest block of a digest that is used here, SHA-512's, in bytes.
enum { COFFER_LONGEST_BLOCK = 128 };

static inline int coffer_hmac(EVP_MD_CTX *context, const void *key, size_t keyCount, const void *first,
                              size_t firstCount, const void *second, size_t secondCount, uint8_t *code) {
    // The inner code is put behind the block, so that both are digested with one call.
    uint8_t block[COFFER_LONGEST_BLOCK + EVP_MAX_MD_SIZE] = {0};
    size_t blockCount = (size_t)EVP_MD_CTX_get_block_size(context);
    if (blockCount > COFFER_LONGEST_BLOCK) return 0;
    uint8_t *inner = block + blockCount;
    unsigned int innerCount = 0;
    int done = 1;
    if (keyCount > blockCount) {
        done = coffer_digest(context, key, keyCount, block);
    } else if (keyCount > 0) {
        memcpy(block, key, keyCount);
    }
    for (size_t i = 0; i < blockCount; i++) block[i] ^= 0x36;
    done = done && EVP_DigestUpdate(context, block, blockCount) &&
           EVP_DigestUpdate(context, first, firstCount) &&
           (secondCount == 0 || EVP_DigestUpdate(context, second, secondCount)) &&
           EVP_DigestFinal_ex(context, inner, &innerCount) && EVP_DigestInit_ex2(context, NULL, NULL);
    for (size_t i = 0; i < blockCount; i++) block[i] ^= 0x36 ^ 0x5c;
    done = done && coffer_digest(context, block, blockCount + innerCount, code);
    OPENSSL_cleanse(block, sizeof block);
    return done;
}

// HKDF (RFC 5869) with SHA-256 and one block of output: extract, then T(1) of expand.
static inline int coffer_hkdf_sha256(EVP_MD_CTX *context, const void *key, size_t keyCount, const void *salt,
                                     size_t saltCount, const void *info, size_t infoCount, uint8_t *derived) {
    static const uint8_t counter = 1;
    uint8_t pseudorandomKey[32];
    int done = coffer_hmac(context, salt, saltCount, key, keyCount, NULL, 0, pseudorandomKey) &&
               coffer_hmac(context, pseudorandomKey, sizeof pseudorandomKey, info, infoCount, &counter, 1, derived);
    OPENSSL_cleanse(pseudorandomKey, sizeof pseudorandomKey);
    return done;
}

// Keys from passphrases. Both return 1, or 0 when the provider failed.

static inline int coffer_scrypt(const void *passphrase, size_t passphraseCount, const void *salt, size_t saltCount,
                                uint64_t n, uint64_t r, uint64_t p, uint8_t *key, size_t keyCount) {
    uint64_t memory = 128 * r * (n + p + 2) + (1 << 20);
    return EVP_PBE_scrypt((const char *)passphrase, passphraseCount, (const unsigned char *)salt, saltCount, n, r, p, memory,
                          key, keyCount);
}

// PBKDF2 (RFC 8018) with HMAC-SHA256.
static inline int coffer_pbkdf2_sha256(const void *passphrase, size_t passphraseCount, const void *salt, size_t saltCount,
                                       int iterations, uint8_t *key, size_t keyCount) {
    return PKCS5_PBKDF2_HMAC((const char *)passphrase, (int)passphraseCount, (const unsigned char *)salt, (int)saltCount,
                             iterations, EVP_sha256(), (int)keyCount, key);
}

// Argon2id (RFC 9106), which OpenSSL has since 3.2: its parameters go by their names, since older headers lack the macros.
// NULL where there is none; the caller frees it.
static inline EVP_KDF *coffer_fetch_argon2id(void) { return EVP_KDF_fetch(NULL, "ARGON2ID", NULL); }

static inline int coffer_argon2id(const void *passphrase, size_t passphraseCount, const void *salt, size_t saltCount,
                                  uint32_t passes, uint32_t kibibytes, uint32_t lanes, uint8_t *key, size_t keyCount) {
    EVP_KDF *kdf = coffer_fetch_argon2id();
    EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    uint32_t threads = 1;
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string("pass", (void *)passphrase, passphraseCount),
        OSSL_PARAM_construct_octet_string("salt", (void *)salt, saltCount),
        OSSL_PARAM_construct_uint32("iter", &passes),
        OSSL_PARAM_construct_uint32("memcost", &kibibytes),
        OSSL_PARAM_construct_uint32("lanes", &lanes),
        OSSL_PARAM_construct_uint32("threads", &threads),
        OSSL_PARAM_construct_end(),
    };
    int done = context && EVP_KDF_derive(context, key, keyCount, parameters) == 1;
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    return done;
}

// Certificates and keys: what OpenSSL offers as macros, variadic functions or typed stacks only.

static inline EVP_PKEY *coffer_generate_p256(void) { return EVP_EC_gen("P-256"); }

static inline size_t coffer_bio_contents(BIO *bio, const uint8_t **bytes) {
    char *contents = NULL;
    long count = BIO_get_mem_data(bio, &contents);
    *bytes = (const uint8_t *)contents;
    return count > 0 ? (size_t)count : 0;
}

struct coffer_password {
    const uint8_t *bytes;
    int count;
};

static inline int coffer_give_password(char *buffer, int size, int isWriting, void *context) {
    (void)isWriting;
    const struct coffer_password *password = context;
    if (password->count > size) return -1;
    memcpy(buffer, password->bytes, (size_t)password->count);
    return password->count;
}

// Decrypts a block in place, as its headers say (RFC 1423).
static inline int coffer_decrypt_pem(EVP_CIPHER_INFO *cipher, uint8_t *bytes, long *count, const uint8_t *password,
                                     int passwordCount) {
    struct coffer_password given = {password, passwordCount};
    return PEM_do_header(cipher, bytes, count, coffer_give_password, &given);
}

// Writes PKCS#8 as one PRIVATE KEY block; with a password it is encrypted as RFC 1423 says.
static inline int coffer_write_private_key(BIO *bio, EVP_PKEY *key, const uint8_t *password, int passwordCount) {
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    if (info == NULL) return 0;
    int done = PEM_ASN1_write_bio((i2d_of_void *)i2d_PKCS8_PRIV_KEY_INFO, PEM_STRING_PKCS8INF, bio, info,
                                  password == NULL ? NULL : EVP_aes_256_cbc(), password, passwordCount, NULL, NULL);
    PKCS8_PRIV_KEY_INFO_free(info);
    return done;
}

// Adds an extension in OpenSSL's own notation, such as "critical,CA:FALSE". The notation is for constants only.
static inline int coffer_add_extension(X509 *certificate, int kind, const char *value) {
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, kind, value);
    if (extension == NULL) return 0;
    int done = X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return done;
}

// Adds the identifier of the certificate's own key, and of its issuer's where that is another and has one.
static inline int coffer_add_key_identifiers(X509 *certificate, X509 *issuer) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *own = X509V3_EXT_conf_nid(NULL, &context, NID_subject_key_identifier, "hash");
    int done = own != NULL && X509_add_ext(certificate, own, -1);
    X509_EXTENSION_free(own);
    if (!done || issuer == certificate) return done;
    X509_EXTENSION *other = X509V3_EXT_conf_nid(NULL, &context, NID_authority_key_identifier, "keyid");
    // Nothing to add is not a fault.
    if (other == NULL) return 1;
    done = X509_add_ext(certificate, other, -1);
    X509_EXTENSION_free(other);
    return done;
}

static inline GENERAL_NAMES *coffer_subject_alternative_names(const X509 *certificate) {
    return (GENERAL_NAMES *)X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
}

static inline int coffer_names_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }

// The bytes of the name at `index` when it is of that kind (GEN_DNS, GEN_IPADD), NULL when it is of another.
static inline const uint8_t *coffer_name_at(const GENERAL_NAMES *names, int index, int kind, int *count) {
    int actual = -1;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, index), &actual);
    if (actual != kind || value == NULL) return NULL;
    *count = ASN1_STRING_length(value);
    return ASN1_STRING_get0_data(value);
}

static inline int coffer_names_append(GENERAL_NAMES *names, int kind, const uint8_t *bytes, int count) {
    ASN1_STRING *value = kind == GEN_DNS ? ASN1_IA5STRING_new() : ASN1_OCTET_STRING_new();
    GENERAL_NAME *name = GENERAL_NAME_new();
    if (value == NULL || name == NULL || !ASN1_STRING_set(value, bytes, count)) {
        ASN1_STRING_free(value);
        GENERAL_NAME_free(name);
        return 0;
    }
    GENERAL_NAME_set0_value(name, kind, value);
    if (sk_GENERAL_NAME_push(names, name) > 0) return 1;
    GENERAL_NAME_free(name);
    return 0;
}

// A list that borrows the certificates in it.
static inline STACK_OF(X509) *coffer_x509_list(void) { return sk_X509_new_null(); }
static inline int coffer_x509_list_append(STACK_OF(X509) *list, X509 *certificate) { return sk_X509_push(list, certificate); }
static inline void coffer_x509_list_free(STACK_OF(X509) *list) { sk_X509_free(list); }

#endif
