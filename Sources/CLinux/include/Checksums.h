#ifndef COFFER_CLINUX_CHECKSUMS_H
#define COFFER_CLINUX_CHECKSUMS_H

#include <stddef.h>
#include <stdint.h>

// Reflected CRCs. `state` is the raw register (all ones at the start, complemented by the caller at the end), in the
// low bits of the 64.
typedef enum { COFFER_CRC32 = 0, COFFER_CRC32C = 1, COFFER_CRC64NVME = 2 } coffer_crc;

// With the fastest kernel of this processor.
uint64_t coffer_crc_update(coffer_crc which, uint64_t state, const void *bytes, size_t count);

// With tables only: the fallback, and the reference that the fast kernel is tested against.
uint64_t coffer_crc_update_portable(coffer_crc which, uint64_t state, const void *bytes, size_t count);

#endif
