// CRC-32 (IEEE), CRC-32C (Castagnoli) and CRC-64/NVME.
//
// All three are reflected (the low bit of a byte is the high power of x), so one kernel serves them: only the
// polynomial and the width differ. A register of `width` bits holds x^0 in its top bit.
//
// Fast path, x86 with PCLMULQDQ: the message is folded 128 bytes at a time into eight 128-bit accumulators. Each
// accumulator stays congruent, modulo the polynomial, to the message read so far when it is multiplied by x^1024 and the
// next sixteen bytes are added. Its 64-bit halves are multiplied by constants x^(distance + 63) and x^(distance - 1):
// one power less than the distance, because the carry-less product of two reflected 64-bit values comes out one place
// low in 128 bits. What is left in the end, sixteen bytes and a tail, goes through the tables. Processors with VPCLMULQDQ
// and AVX-512 fold 256 bytes at a time, four accumulators in a register.

#include "Checksums.h"

#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { LANES = 8, LANE_BYTES = 16, STRIDE = LANES * LANE_BYTES };
enum { WIDE_LANES = 4, WIDE_LANE_BYTES = 64, WIDE_STRIDE = WIDE_LANES * WIDE_LANE_BYTES };

typedef struct {
    uint64_t polynomial;
    int width;
    // [0] for the half of higher powers, [1] for the lower.
    uint64_t fold_stride[2], fold_lane[2], fold_wide_stride[2], fold_wide_lane[2];
    // slices[k][b]: the register after byte b and k zero bytes.
    uint64_t slices[8][256];
} crc_parameters;

// Written once by `prepare` before main, read only afterwards.
static crc_parameters parameters[3] = {
    [COFFER_CRC32] = {.polynomial = 0xedb88320, .width = 32},
    [COFFER_CRC32C] = {.polynomial = 0x82f63b78, .width = 32},
    [COFFER_CRC64NVME] = {.polynomial = 0x9a6c9329ac4bc9b5, .width = 64},
};
static bool folds, folds_wide;

static uint64_t times_x(uint64_t value, uint64_t polynomial) {
    return (value >> 1) ^ (value & 1 ? polynomial : 0);
}

// x^power mod P, aligned to the top of 64 bits.
static uint64_t power_of_x(int power, const crc_parameters *p) {
    uint64_t value = UINT64_C(1) << (p->width - 1);
    for (int i = 0; i < power; i++) value = times_x(value, p->polynomial);
    return value << (64 - p->width);
}

static void set_fold(uint64_t constants[2], int bytes, const crc_parameters *p) {
    constants[0] = power_of_x(8 * bytes + 63, p);
    constants[1] = power_of_x(8 * bytes - 1, p);
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
        set_fold(p->fold_stride, STRIDE, p);
        set_fold(p->fold_lane, LANE_BYTES, p);
        set_fold(p->fold_wide_stride, WIDE_STRIDE, p);
        set_fold(p->fold_wide_lane, WIDE_LANE_BYTES, p);
    }
#if defined(__x86_64__)
    __builtin_cpu_init();
    folds = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
    folds_wide = folds && __builtin_cpu_supports("vpclmulqdq") && __builtin_cpu_supports("avx512f");
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

// What one accumulator and the bytes after it come to; they are fewer than a stride.
__attribute__((target("pclmul,sse4.1"), always_inline)) static inline uint64_t finish_folding(
    const crc_parameters *p, __m128i rest, const uint8_t *bytes, size_t count) {
    const __m128i lane = _mm_set_epi64x((long long)p->fold_lane[1], (long long)p->fold_lane[0]);
    for (; count >= LANE_BYTES; bytes += LANE_BYTES, count -= LANE_BYTES) {
        rest = fold(rest, lane, _mm_loadu_si128((const __m128i *)bytes));
    }
    uint8_t folded[LANE_BYTES];
    _mm_storeu_si128((__m128i *)folded, rest);
    return update_by_tables(p, update_by_tables(p, 0, folded, sizeof folded), bytes, count);
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
    return finish_folding(p, rest, bytes, count);
}

__attribute__((target("vpclmulqdq,avx512f"), always_inline)) static inline __m512i fold_wide(__m512i accumulators,
                                                                                            __m512i constants,
                                                                                            __m512i next) {
    __m512i high = _mm512_clmulepi64_epi128(accumulators, constants, 0x00);
    __m512i low = _mm512_clmulepi64_epi128(accumulators, constants, 0x11);
    return _mm512_ternarylogic_epi64(high, low, next, 0x96);  // the exclusive or of the three
}

// `count` is at least one wide stride.
__attribute__((target("pclmul,sse4.1,vpclmulqdq,avx512f"))) static uint64_t update_by_wide_folding(
    const crc_parameters *p, uint64_t state, const uint8_t *bytes, size_t count) {
    const __m128i lane = _mm_set_epi64x((long long)p->fold_lane[1], (long long)p->fold_lane[0]);
    const __m512i wide_lane = _mm512_broadcast_i32x4(
        _mm_set_epi64x((long long)p->fold_wide_lane[1], (long long)p->fold_wide_lane[0]));
    const __m512i stride = _mm512_broadcast_i32x4(
        _mm_set_epi64x((long long)p->fold_wide_stride[1], (long long)p->fold_wide_stride[0]));
    __m512i lanes[WIDE_LANES];
    for (int i = 0; i < WIDE_LANES; i++) lanes[i] = _mm512_loadu_si512(bytes + WIDE_LANE_BYTES * i);
    lanes[0] = _mm512_xor_si512(lanes[0], _mm512_zextsi128_si512(_mm_set_epi64x(0, (long long)state)));
    bytes += WIDE_STRIDE;
    count -= WIDE_STRIDE;
    for (; count >= WIDE_STRIDE; bytes += WIDE_STRIDE, count -= WIDE_STRIDE) {
        for (int i = 0; i < WIDE_LANES; i++) {
            lanes[i] = fold_wide(lanes[i], stride, _mm512_loadu_si512(bytes + WIDE_LANE_BYTES * i));
        }
    }
    __m512i wide_rest = lanes[0];
    for (int i = 1; i < WIDE_LANES; i++) wide_rest = fold_wide(wide_rest, wide_lane, lanes[i]);
    __m128i rest = _mm512_extracti32x4_epi32(wide_rest, 0);
    rest = fold(rest, lane, _mm512_extracti32x4_epi32(wide_rest, 1));
    rest = fold(rest, lane, _mm512_extracti32x4_epi32(wide_rest, 2));
    rest = fold(rest, lane, _mm512_extracti32x4_epi32(wide_rest, 3));
    return finish_folding(p, rest, bytes, count);
}

#endif

uint64_t coffer_crc_update(coffer_crc which, uint64_t state, const void *bytes, size_t count) {
#if defined(__x86_64__)
    if (folds_wide && count >= WIDE_STRIDE) return update_by_wide_folding(&parameters[which], state, bytes, count);
    if (folds && count >= STRIDE) return update_by_folding(&parameters[which], state, bytes, count);
#endif
    return update_by_tables(&parameters[which], state, bytes, count);
}

uint64_t coffer_crc_update_portable(coffer_crc which, uint64_t state, const void *bytes, size_t count) {
    return update_by_tables(&parameters[which], state, bytes, count);
}

