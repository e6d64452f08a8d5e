#ifndef COFFER_CLINUX_XXHASH_H
#define COFFER_CLINUX_XXHASH_H

#include <stddef.h>
#include <stdint.h>

// XXH64 and XXH3 (64 and 128 bits), with seed 0, of a message that comes in pieces.

typedef struct {
    uint64_t lanes[4];
    // What has not filled a stripe of 32 bytes yet.
    uint8_t buffer[32];
    uint64_t total;
} coffer_xxh64;

void coffer_xxh64_begin(coffer_xxh64 *state);
void coffer_xxh64_update(coffer_xxh64 *state, const void *bytes, size_t count);
uint64_t coffer_xxh64_value(const coffer_xxh64 *state);

typedef struct {
    uint64_t lanes[8];
    // The last bytes that came: short messages and the last stripe are hashed in ways of their own.
    uint8_t buffer[256];
    uint32_t buffered;
    // Stripes of 64 bytes that the current block of 1024 bytes has had.
    uint32_t stripes;
    uint64_t total;
} coffer_xxh3;

void coffer_xxh3_begin(coffer_xxh3 *state);
void coffer_xxh3_update(coffer_xxh3 *state, const void *bytes, size_t count);
uint64_t coffer_xxh3_value64(const coffer_xxh3 *state);
// The high half into `halves[0]`, the low one into `halves[1]`.
void coffer_xxh3_value128(const coffer_xxh3 *state, uint64_t halves[2]);

#endif
