#include "coffer_md5.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// RFC 1321's compression function over several messages at once, one in each lane of a vector. The steps of one message
// wait for each other, some five cycles each, so that lanes cost nearly nothing.

typedef uint32_t v4 __attribute__((vector_size(16)));
typedef uint32_t v8 __attribute__((vector_size(32)));
typedef uint32_t v16 __attribute__((vector_size(64)));

// `b` is the word that the step before has made: as little as can be waits for it.
#define ROUND1(a, b, c, d) ((a) + ((d) ^ ((b) & ((c) ^ (d)))))
#define ROUND2(a, b, c, d) ((a) + ((c) & ~(d)) + ((b) & (d)))
#define ROUND3(a, b, c, d) ((a) + ((b) ^ ((c) ^ (d))))
#define ROUND4(a, b, c, d) ((a) + ((c) ^ ((b) | ~(d))))
#define STEP(f, a, b, c, d, word, shift, constant)            \
    a += (word) + (constant);                                 \
    KEEP(a);                                                  \
    a = f(a, b, c, d);                                        \
    a = ((a << (shift)) | (a >> (32 - (shift)))) + (b);
#define FOUR(f, i0, i1, i2, i3, s0, s1, s2, s3, k0, k1, k2, k3) \
    STEP(f, a, b, c, d, w[i0], s0, k0)                          \
    STEP(f, d, a, b, c, w[i1], s1, k1)                          \
    STEP(f, c, d, a, b, w[i2], s2, k2)                          \
    STEP(f, b, c, d, a, w[i3], s3, k3)

// The constants are the first 32 bits of |sin(1..64)|.
#define ALL_STEPS                                                                                              \
    FOUR(ROUND1, 0, 1, 2, 3, 7, 12, 17, 22, 0xd76aa478u, 0xe8c7b756u, 0x242070dbu, 0xc1bdceeeu)                \
    FOUR(ROUND1, 4, 5, 6, 7, 7, 12, 17, 22, 0xf57c0fafu, 0x4787c62au, 0xa8304613u, 0xfd469501u)                \
    FOUR(ROUND1, 8, 9, 10, 11, 7, 12, 17, 22, 0x698098d8u, 0x8b44f7afu, 0xffff5bb1u, 0x895cd7beu)              \
    FOUR(ROUND1, 12, 13, 14, 15, 7, 12, 17, 22, 0x6b901122u, 0xfd987193u, 0xa679438eu, 0x49b40821u)            \
    FOUR(ROUND2, 1, 6, 11, 0, 5, 9, 14, 20, 0xf61e2562u, 0xc040b340u, 0x265e5a51u, 0xe9b6c7aau)                \
    FOUR(ROUND2, 5, 10, 15, 4, 5, 9, 14, 20, 0xd62f105du, 0x02441453u, 0xd8a1e681u, 0xe7d3fbc8u)               \
    FOUR(ROUND2, 9, 14, 3, 8, 5, 9, 14, 20, 0x21e1cde6u, 0xc33707d6u, 0xf4d50d87u, 0x455a14edu)                \
    FOUR(ROUND2, 13, 2, 7, 12, 5, 9, 14, 20, 0xa9e3e905u, 0xfcefa3f8u, 0x676f02d9u, 0x8d2a4c8au)               \
    FOUR(ROUND3, 5, 8, 11, 14, 4, 11, 16, 23, 0xfffa3942u, 0x8771f681u, 0x6d9d6122u, 0xfde5380cu)              \
    FOUR(ROUND3, 1, 4, 7, 10, 4, 11, 16, 23, 0xa4beea44u, 0x4bdecfa9u, 0xf6bb4b60u, 0xbebfbc70u)               \
    FOUR(ROUND3, 13, 0, 3, 6, 4, 11, 16, 23, 0x289b7ec6u, 0xeaa127fau, 0xd4ef3085u, 0x04881d05u)               \
    FOUR(ROUND3, 9, 12, 15, 2, 4, 11, 16, 23, 0xd9d4d039u, 0xe6db99e5u, 0x1fa27cf8u, 0xc4ac5665u)              \
    FOUR(ROUND4, 0, 7, 14, 5, 6, 10, 15, 21, 0xf4292244u, 0x432aff97u, 0xab9423a7u, 0xfc93a039u)               \
    FOUR(ROUND4, 12, 3, 10, 1, 6, 10, 15, 21, 0x655b59c3u, 0x8f0ccc92u, 0xffeff47du, 0x85845dd1u)              \
    FOUR(ROUND4, 8, 15, 6, 13, 6, 10, 15, 21, 0x6fa87e4fu, 0xfe2ce6e0u, 0xa3014314u, 0x4e0811a1u)              \
    FOUR(ROUND4, 4, 11, 2, 9, 6, 10, 15, 21, 0xf7537e82u, 0xbd3af235u, 0x2ad7d2bbu, 0xeb86d391u)

// Four words of each of four messages, turned so that a vector has one word of all four.
#define TURN(first, word, t)                                                        \
    do {                                                                            \
        v4 m0, m1, m2, m3;                                                          \
        memcpy(&m0, data[(first) + 0] + offset + 4 * (word), 16);                   \
        memcpy(&m1, data[(first) + 1] + offset + 4 * (word), 16);                   \
        memcpy(&m2, data[(first) + 2] + offset + 4 * (word), 16);                   \
        memcpy(&m3, data[(first) + 3] + offset + 4 * (word), 16);                   \
        v4 low01 = __builtin_shufflevector(m0, m1, 0, 4, 1, 5);                     \
        v4 low23 = __builtin_shufflevector(m2, m3, 0, 4, 1, 5);                     \
        v4 high01 = __builtin_shufflevector(m0, m1, 2, 6, 3, 7);                    \
        v4 high23 = __builtin_shufflevector(m2, m3, 2, 6, 3, 7);                    \
        (t)[0] = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);                 \
        (t)[1] = __builtin_shufflevector(low01, low23, 2, 3, 6, 7);                 \
        (t)[2] = __builtin_shufflevector(high01, high23, 0, 1, 4, 5);               \
        (t)[3] = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);               \
    } while (0)

#define JOIN8(x, y) __builtin_shufflevector(x, y, 0, 1, 2, 3, 4, 5, 6, 7)
#define JOIN16(x, y) __builtin_shufflevector(x, y, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)

#define LANES(name, attributes, vector, load)                                                              \
    attributes static void name(uint32_t *state, const uint8_t *const *data, size_t blocks) {              \
        vector a, b, c, d;                                                                                 \
        memcpy(&a, state, sizeof a);                                                                       \
        memcpy(&b, state + COFFER_MD5_LANES, sizeof b);                                                    \
        memcpy(&c, state + 2 * COFFER_MD5_LANES, sizeof c);                                                \
        memcpy(&d, state + 3 * COFFER_MD5_LANES, sizeof d);                                                \
        for (size_t offset = 0; offset < 64 * blocks; offset += 64) {                                      \
            vector w[16];                                                                                  \
            load;                                                                                          \
            vector a0 = a, b0 = b, c0 = c, d0 = d;                                                         \
            ALL_STEPS                                                                                      \
            a += a0;                                                                                       \
            b += b0;                                                                                       \
            c += c0;                                                                                       \
            d += d0;                                                                                       \
        }                                                                                                  \
        memcpy(state, &a, sizeof a);                                                                       \
        memcpy(state + COFFER_MD5_LANES, &b, sizeof b);                                                    \
        memcpy(state + 2 * COFFER_MD5_LANES, &c, sizeof c);                                                \
        memcpy(state + 3 * COFFER_MD5_LANES, &d, sizeof d);                                                \
    }

#define LOAD1 memcpy(w, data[0] + offset, sizeof w)
#define LOAD4                                                     \
    for (int word = 0; word < 16; word += 4) TURN(0, word, w + word)
#define LOAD8                                                     \
    for (int word = 0; word < 16; word += 4) {                    \
        v4 t[2][4];                                               \
        TURN(0, word, t[0]);                                      \
        TURN(4, word, t[1]);                                      \
        for (int i = 0; i < 4; i++) w[word + i] = JOIN8(t[0][i], t[1][i]); \
    }
#define LOAD16                                                    \
    for (int word = 0; word < 16; word += 4) {                    \
        v4 t[4][4];                                               \
        TURN(0, word, t[0]);                                      \
        TURN(4, word, t[1]);                                      \
        TURN(8, word, t[2]);                                      \
        TURN(12, word, t[3]);                                     \
        for (int i = 0; i < 4; i++) {                             \
            v8 low = JOIN8(t[0][i], t[1][i]);                     \
            v8 high = JOIN8(t[2][i], t[3][i]);                    \
            w[word + i] = JOIN16(low, high);                      \
        }                                                         \
    }

// Keeps the compiler from adding the constant at the end, where the next step waits for it.
#define KEEP(value) __asm__("" : "+r"(value))
LANES(lane1, , uint32_t, LOAD1)
#undef KEEP
#if defined(__x86_64__)
#define KEEP(value) __asm__("" : "+x"(value))
#elif defined(__aarch64__)
#define KEEP(value) __asm__("" : "+w"(value))
#else
#define KEEP(value)
#endif
LANES(lanes4, , v4, LOAD4)
#if defined(__x86_64__)
LANES(lanes8, __attribute__((target("avx2"))), v8, LOAD8)
#undef KEEP
#define KEEP(value) __asm__("" : "+v"(value))
LANES(lanes16, __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw"))), v16, LOAD16)
#endif

int coffer_md5_lanes(int widest) {
#if defined(__x86_64__)
    if (widest >= 16 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
        return 16;
    if (widest >= 8 && __builtin_cpu_supports("avx2")) return 8;
#endif
    return 4;
}

void coffer_md5_blocks(int lanes, uint32_t *state, const uint8_t *const *data, size_t blocks) {
#if defined(__x86_64__)
    if (lanes == 16) return lanes16(state, data, blocks);
    if (lanes == 8) return lanes8(state, data, blocks);
#endif
    if (lanes == 1) return lane1(state, data, blocks);
    lanes4(state, data, blocks);
}
