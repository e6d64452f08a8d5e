#ifndef COFFER_ARGON2ID_H
#define COFFER_ARGON2ID_H

#include <stddef.h>
#include <stdint.h>

/// Argon2id, version 0x13, as RFC 9106 has it, without secret and associated data, on the calling thread alone.
///
/// `kibibytes` is the memory, mapped for the call and given back at its end; `output_count` is 4 to 64 bytes. Returns 0,
/// or an errno: EINVAL for parameters that the algorithm does not know, ENOMEM.
int coffer_argon2id_derive(const void *password, size_t password_count, const void *salt, size_t salt_count,
                           uint32_t passes, uint32_t kibibytes, uint32_t lanes, void *output, size_t output_count);

#endif
