// CRC-32 (IEEE), CRC-32C (Castagnoli) and CRC-64/NVME.
//
// All three are reflected (the low bit of a byte is the high power of x), so one kernel serves them: only the
// polynomial and the width differ. A register of `width` bits holds x^0 in its top bit.
//
// Fast path, x86 with PCLMULQDQ: the message is folded 128 bytes at a time into eight 128-bit accumulators. Each
// accumulator stays congruent, modulo the polynomial, to the message read so far when it is multiplied by x^1024 and the
// next sixteen bytes are added. Its 64-bit halves are multiplied by constants x^(distance + 63) and x^(distance - 1):
// one power less than the distance, because the carry-less product of two reflected 64-bit values comes out one place
// low in 128 bits. What is left in the end, sixteen bytes and a tail, goes through the tables.

#include "Checksums.h"

#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { LANES = 8, LANE_BYTES = 16, STRIDE = LANES * LANE_BYTES };

typedef struct {
    uint64_t polynomial;
    int width;
    // [0] for the half of higher powers, [1] for the lower.
    uint64_t fold_stride[2], fold_lane[2];
    // slices[k][b]: the register after byte b and k zero bytes.
    uint64_t slices[8][256];
} crc_parameters;

// Written once by `prepare` before main, read only afterwards.
static crc_parameters parameters[3] = {
    [COFFER_CRC32] = {.polynomial = 0xedb88320, .width = 32},
    [COFFER_CRC32C] = {.polynomial = 0x82f63b78, .width = 32},
    [COFFER_CRC64NVME] = {.polynomial = 0x9a6c9329ac4bc9b5, .width = 64},
};
static bool folds;

static uint64_t times_x(uint64_t value, uint64_t polynomial) {
    return (value >> 1) ^ (value & 1 ? polynomial : 0);
}

// x^power mod P, aligned to the top of 64 bits.
static uint64_t power_of_x(int power, const crc_parameters *p) {
    uint64_t value = UINT64_C(1) << (p->width - 1);
    for (int i = 0; i < power; i++) value = times_x(value, p->polynomial);
    return value << (64 - p->width);
}

__attribute__((constructor)) static void prepare(void) {
    for (int which = 0; which < 3; which++) {
        crc_parameters *p = &parameters[which];
        for (int byte = 0; byte < 256; byte++) {
            uint64_t value = (uint64_t)byte;
            for (int bit = 0; bit < 8; bit++) value = times_x(value, p->polynomial);
            p->slices[0][byte] = value;
        }
        for (int k = 1; k < 8; k++) {
            for (int byte = 0; byte < 256; byte++) {
                uint64_t value = p->slices[k - 1][byte];
                p->slices[k][byte] = (value >> 8) ^ p->slices[0][value & 0xff];
            }
        }
        p->fold_stride[0] = power_of_x(8 * STRIDE + 63, p);
        p->fold_stride[1] = power_of_x(8 * STRIDE - 1, p);
        p->fold_lane[0] = power_of_x(8 * LANE_BYTES + 63, p);
        p->fold_lane[1] = power_of_x(8 * LANE_BYTES - 1, p);
    }
#if defined(__x86_64__)
    __builtin_cpu_init();
    folds = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
#endif
}

// Both processor families that are built for are little-endian.
static inline uint64_t load64(const uint8_t *bytes) {
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static uint64_t update_by_tables(const crc_parameters *p, uint64_t state, const uint8_t *bytes, size_t count) {
    for (; count >= 8; bytes += 8, count -= 8) {
        uint64_t word = state ^ load64(bytes);
        state = p->slices[7][word & 0xff] ^ p->slices[6][word >> 8 & 0xff] ^ p->slices[5][word >> 16 & 0xff]
            ^ p->slices[4][word >> 24 & 0xff] ^ p->slices[3][word >> 32 & 0xff] ^ p->slices[2][word >> 40 & 0xff]
            ^ p->slices[1][word >> 48 & 0xff] ^ p->slices[0][word >> 56];
    }
    for (; count > 0; bytes++, count--) state = (state >> 8) ^ p->slices[0][(state ^ *bytes) & 0xff];
    return state;
}

#if defined(__x86_64__)

__attribute__((target("pclmul,sse4.1"), always_inline)) static inline __m128i fold(__m128i accumulator,
                                                                                    __m128i constants, __m128i next) {
    __m128i high = _mm_clmulepi64_si128(accumulator, constants, 0x00);
    __m128i low = _mm_clmulepi64_si128(accumulator, constants, 0x11);
    return _mm_xor_si128(_mm_xor_si128(high, low), next);
}

// `count` is at least one stride.
__attribute__((target("pclmul,sse4.1"))) static uint64_t update_by_folding(const crc_parameters *p, uint64_t state,
                                                                          const uint8_t *bytes, size_t count) {
    const __m128i stride = _mm_set_epi64x((long long)p->fold_stride[1], (long long)p->fold_stride[0]);
    const __m128i lane = _mm_set_epi64x((long long)p->fold_lane[1], (long long)p->fold_lane[0]);
    __m128i lanes[LANES];
    for (int i = 0; i < LANES; i++) lanes[i] = _mm_loadu_si128((const __m128i *)(bytes + LANE_BYTES * i));
    lanes[0] = _mm_xor_si128(lanes[0], _mm_set_epi64x(0, (long long)state));
    bytes += STRIDE;
    count -= STRIDE;
    for (; count >= STRIDE; bytes += STRIDE, count -= STRIDE) {
        for (int i = 0; i < LANES; i++) {
            lanes[i] = fold(lanes[i], stride, _mm_loadu_si128((const __m128i *)(bytes + LANE_BYTES * i)));
        }
    }
    __m128i rest = lanes[0];
    for (int i = 1; i < LANES; i++) rest = fold(rest, lane, lanes[i]);
    for (; count >= LANE_BYTES; bytes += LANE_BYTES, count -= LANE_BYTES) {
        rest = fold(rest, lane, _mm_loadu_si128((const __m128i *)bytes));
    }
    uint8_t folded[LANE_BYTES];
    _mm_storeu_si128((__m128i *)folded, rest);
    return update_by_tables(p, update_by_tables(p, 0, folded, sizeof folded), bytes, count);
}

#endif

uint64_t coffer_crc_update(coffer_crc which, uint64_t state, const void *bytes, size_t count) {
#if defined(__x86_64__)
    if (folds && count >= STRIDE) return update_by_folding(&parameters[which], state, bytes, count);
#endif
    return update_by_tables(&parameters[which], state, bytes, count);
}

uint64_t coffer_crc_update_portable(coffer_crc which, uint64_t state, const void *bytes, size_t count) {
    return update_by_tables(&parameters[which], state, bytes, count);
}

