#ifndef COFFER_COPENSSL_SHIM_H
#define COFFER_COPENSSL_SHIM_H

// The low-level digest functions are marked deprecated in OpenSSL 3 in favour of EVP. For one short message EVP costs
// several times the hashing itself (a context allocated, a provider looked up, parameters passed as lists), so the
// inline functions below use the low-level ones on the stack. They run the same assembly.
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/md5.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// One-shot digests.

static inline void coffer_md5(const void *bytes, size_t count, uint8_t *digest) {
    MD5_CTX context;
    MD5_Init(&context);
    MD5_Update(&context, bytes, count);
    MD5_Final(digest, &context);
    OPENSSL_cleanse(&context, sizeof context);
}

static inline void coffer_sha1(const void *bytes, size_t count, uint8_t *digest) {
    SHA_CTX context;
    SHA1_Init(&context);
    SHA1_Update(&context, bytes, count);
    SHA1_Final(digest, &context);
    OPENSSL_cleanse(&context, sizeof context);
}

static inline void coffer_sha256(const void *bytes, size_t count, uint8_t *digest) {
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, bytes, count);
    SHA256_Final(digest, &context);
    OPENSSL_cleanse(&context, sizeof context);
}

// HMAC (RFC 2104). The message comes in two pieces so that HKDF can append its counter without a copy.

enum { COFFER_HMAC_BLOCK = 64 };

static inline void coffer_hmac_sha256(const void *key, size_t keyCount, const void *first, size_t firstCount,
                                      const void *second, size_t secondCount, uint8_t *code) {
    SHA256_CTX context;
    uint8_t block[COFFER_HMAC_BLOCK] = {0};
    if (keyCount > COFFER_HMAC_BLOCK) {
        coffer_sha256(key, keyCount, block);
    } else if (keyCount > 0) {
        memcpy(block, key, keyCount);
    }
    for (int i = 0; i < COFFER_HMAC_BLOCK; i++) block[i] ^= 0x36;
    SHA256_Init(&context);
    SHA256_Update(&context, block, sizeof block);
    SHA256_Update(&context, first, firstCount);
    SHA256_Update(&context, second, secondCount);
    SHA256_Final(code, &context);
    for (int i = 0; i < COFFER_HMAC_BLOCK; i++) block[i] ^= 0x36 ^ 0x5c;
    SHA256_Init(&context);
    SHA256_Update(&context, block, sizeof block);
    SHA256_Update(&context, code, SHA256_DIGEST_LENGTH);
    SHA256_Final(code, &context);
    OPENSSL_cleanse(block, sizeof block);
    OPENSSL_cleanse(&context, sizeof context);
}

static inline void coffer_hmac_sha1(const void *key, size_t keyCount, const void *message, size_t messageCount,
                                    uint8_t *code) {
    SHA_CTX context;
    uint8_t block[COFFER_HMAC_BLOCK] = {0};
    if (keyCount > COFFER_HMAC_BLOCK) {
        coffer_sha1(key, keyCount, block);
    } else if (keyCount > 0) {
        memcpy(block, key, keyCount);
    }
    for (int i = 0; i < COFFER_HMAC_BLOCK; i++) block[i] ^= 0x36;
    SHA1_Init(&context);
    SHA1_Update(&context, block, sizeof block);
    SHA1_Update(&context, message, messageCount);
    SHA1_Final(code, &context);
    for (int i = 0; i < COFFER_HMAC_BLOCK; i++) block[i] ^= 0x36 ^ 0x5c;
    SHA1_Init(&context);
    SHA1_Update(&context, block, sizeof block);
    SHA1_Update(&context, code, SHA_DIGEST_LENGTH);
    SHA1_Final(code, &context);
    OPENSSL_cleanse(block, sizeof block);
    OPENSSL_cleanse(&context, sizeof context);
}

// HKDF (RFC 5869) with SHA-256 and one block of output: extract, then T(1) of expand.
static inline void coffer_hkdf_sha256(const void *key, size_t keyCount, const void *salt, size_t saltCount,
                                      const void *info, size_t infoCount, uint8_t *derived) {
    static const uint8_t counter = 1;
    uint8_t pseudorandomKey[SHA256_DIGEST_LENGTH];
    coffer_hmac_sha256(salt, saltCount, key, keyCount, NULL, 0, pseudorandomKey);
    coffer_hmac_sha256(pseudorandomKey, sizeof pseudorandomKey, info, infoCount, &counter, 1, derived);
    OPENSSL_cleanse(pseudorandomKey, sizeof pseudorandomKey);
}

#endif
