#include "coffer_highway.h"

#include <string.h>

typedef uint64_t v4 __attribute__((vector_size(32)));
typedef uint8_t bytes32 __attribute__((vector_size(32)));

// The bytes of each pair of lanes, zipped in the algorithm's order: one instruction where there are vectors of 32 bytes.
#define ZIPPED(lanes)                                                                                                  \
    ((v4)__builtin_shufflevector(                                                                                      \
        (bytes32)(lanes), (bytes32)(lanes), 3, 12, 2, 5, 14, 1, 15, 0, 11, 4, 10, 13, 9, 6, 8, 7, 19, 28, 18, 21, 30,  \
        17, 31, 16, 27, 20, 26, 29, 25, 22, 24, 23))

static inline __attribute__((always_inline)) void packets(uint64_t *state, const uint8_t *data, size_t count) {
    v4 v0, v1, mul0, mul1;
    memcpy(&v0, state, 32);
    memcpy(&v1, state + 4, 32);
    memcpy(&mul0, state + 8, 32);
    memcpy(&mul1, state + 12, 32);
    for (; count > 0; count--, data += 32) {
        v4 packet;
        memcpy(&packet, data, 32);
        v1 += mul0 + packet;
        mul0 ^= (v1 & 0xffffffff) * (v0 >> 32);
        v0 += mul1;
        mul1 ^= (v0 & 0xffffffff) * (v1 >> 32);
        v0 += ZIPPED(v1);
        v1 += ZIPPED(v0);
    }
    memcpy(state, &v0, 32);
    memcpy(state + 4, &v1, 32);
    memcpy(state + 8, &mul0, 32);
    memcpy(state + 12, &mul1, 32);
}

static void packets_anywhere(uint64_t *state, const uint8_t *data, size_t count) { packets(state, data, count); }

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void packets_avx2(uint64_t *state, const uint8_t *data, size_t count) {
    packets(state, data, count);
}
#endif

void coffer_highway_packets(uint64_t *state, const uint8_t *data, size_t count) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) return packets_avx2(state, data, count);
#endif
    packets_anywhere(state, data, count);
}
