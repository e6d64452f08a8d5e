// XXH64 and XXH3 with seed 0, after the public specification (xxHash fast digest algorithm, version 0.2.0).
//
// XXH3 has a way of its own for each range of lengths up to 240 bytes. Longer messages go, in stripes of 64 bytes, into
// eight lanes; each stripe meets the secret eight bytes further on, and after sixteen of them, a block, the lanes are
// scrambled. The last stripe is always the message's last 64 bytes.
//
// Both processor families that are built for are little-endian, as the algorithms are.

#include "XXHash.h"

#include <string.h>

#define PRIME32_1 0x9e3779b1u
#define PRIME32_2 0x85ebca77u
#define PRIME32_3 0xc2b2ae3du
#define PRIME64_1 0x9e3779b185ebca87ull
#define PRIME64_2 0xc2b2ae3d27d4eb4full
#define PRIME64_3 0x165667b19e3779f9ull
#define PRIME64_4 0x85ebca77c2b2ae63ull
#define PRIME64_5 0x27d4eb2f165667c5ull
#define PRIME_MIX_1 0x165667919e3779f9ull
#define PRIME_MIX_2 0x9fb21c651e98df25ull

static inline uint32_t load32(const uint8_t *bytes) {
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static inline uint64_t load64(const uint8_t *bytes) {
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static inline uint64_t rotated(uint64_t value, int bits) { return value << bits | value >> (64 - bits); }

// MARK: XXH64

enum { STRIPE64 = 32 };

static inline uint64_t round64(uint64_t lane, uint64_t input) {
    return rotated(lane + input * PRIME64_2, 31) * PRIME64_1;
}

static inline uint64_t avalanche64(uint64_t hash) {
    hash = (hash ^ hash >> 33) * PRIME64_2;
    hash = (hash ^ hash >> 29) * PRIME64_3;
    return hash ^ hash >> 32;
}

void coffer_xxh64_begin(coffer_xxh64 *state) {
    memset(state, 0, sizeof *state);
    state->lanes[0] = PRIME64_1 + PRIME64_2;
    state->lanes[1] = PRIME64_2;
    state->lanes[3] = 0 - PRIME64_1;
}

static inline void take_stripe64(coffer_xxh64 *state, const uint8_t *stripe) {
    for (int lane = 0; lane < 4; lane++) state->lanes[lane] = round64(state->lanes[lane], load64(stripe + 8 * lane));
}

void coffer_xxh64_update(coffer_xxh64 *state, const void *input, size_t count) {
    const uint8_t *bytes = input;
    size_t buffered = state->total % STRIPE64;
    state->total += count;
    if (buffered > 0) {
        size_t wanted = STRIPE64 - buffered;
        size_t taken = count < wanted ? count : wanted;
        memcpy(state->buffer + buffered, bytes, taken);
        if (taken < wanted) return;
        take_stripe64(state, state->buffer);
        bytes += taken;
        count -= taken;
    }
    for (; count >= STRIPE64; bytes += STRIPE64, count -= STRIPE64) take_stripe64(state, bytes);
    if (count > 0) memcpy(state->buffer, bytes, count);
}

uint64_t coffer_xxh64_value(const coffer_xxh64 *state) {
    const uint64_t *lanes = state->lanes;
    uint64_t hash = PRIME64_5;
    if (state->total >= STRIPE64) {
        hash = rotated(lanes[0], 1) + rotated(lanes[1], 7) + rotated(lanes[2], 12) + rotated(lanes[3], 18);
        for (int lane = 0; lane < 4; lane++) hash = (hash ^ round64(0, lanes[lane])) * PRIME64_1 + PRIME64_4;
    }
    hash += state->total;
    const uint8_t *bytes = state->buffer;
    size_t count = state->total % STRIPE64;
    for (; count >= 8; bytes += 8, count -= 8) {
        hash = rotated(hash ^ round64(0, load64(bytes)), 27) * PRIME64_1 + PRIME64_4;
    }
    for (; count >= 4; bytes += 4, count -= 4) {
        hash = rotated(hash ^ load32(bytes) * PRIME64_1, 23) * PRIME64_2 + PRIME64_3;
    }
    for (; count > 0; bytes++, count--) hash = rotated(hash ^ *bytes * PRIME64_5, 11) * PRIME64_1;
    return avalanche64(hash);
}

// MARK: XXH3, what both widths share

enum {
    SECRET_BYTES = 192,
    STRIPE = 64,
    STRIPES_IN_BLOCK = (SECRET_BYTES - STRIPE) / 8,
    BUFFER = 256,
    // The longest message that does not go through the lanes.
    SHORT = 240,
    // Where the secret's part begins for a middle-sized message's last bytes.
    MIDDLE_LAST = 136 - 17,
};

static const uint8_t secret[SECRET_BYTES] = {
    0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
    0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
    0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
    0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
    0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
    0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
    0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
    0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
    0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
    0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
    0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
    0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
};

typedef struct { uint64_t low, high; } wide;

static inline wide product(uint64_t one, uint64_t other) {
    unsigned __int128 whole = (unsigned __int128)one * other;
    return (wide){(uint64_t)whole, (uint64_t)(whole >> 64)};
}

static inline uint64_t folded_product(uint64_t one, uint64_t other) {
    wide whole = product(one, other);
    return whole.low ^ whole.high;
}

static inline uint64_t avalanche3(uint64_t hash) {
    hash = (hash ^ hash >> 37) * PRIME_MIX_1;
    return hash ^ hash >> 32;
}

// The exclusive or of two words of the secret that follow each other.
static inline uint64_t secret_pair(int offset) { return load64(secret + offset) ^ load64(secret + offset + 8); }

static inline uint64_t mix16(const uint8_t *bytes, int offset) {
    return folded_product(load64(bytes) ^ load64(secret + offset), load64(bytes + 8) ^ load64(secret + offset + 8));
}

static inline uint32_t joined_bytes(const uint8_t *bytes, size_t count) {
    return (uint32_t)bytes[0] << 16 | (uint32_t)bytes[count >> 1] << 24 | bytes[count - 1] | (uint32_t)count << 8;
}

// MARK: XXH3, long messages

static inline void accumulate(uint64_t *lanes, const uint8_t *stripe, const uint8_t *key) {
    uint64_t inputs[8];
    memcpy(inputs, stripe, sizeof inputs);
    for (int lane = 0; lane < 8; lane++) {
        uint64_t keyed = inputs[lane] ^ load64(key + 8 * lane);
        lanes[lane] += inputs[lane ^ 1] + (keyed & 0xffffffff) * (keyed >> 32);
    }
}

static void scramble(uint64_t *lanes) {
    for (int lane = 0; lane < 8; lane++) {
        uint64_t value = lanes[lane] ^ lanes[lane] >> 47 ^ load64(secret + SECRET_BYTES - STRIPE + 8 * lane);
        lanes[lane] = value * PRIME32_1;
    }
}

// Returns how many stripes the current block has had then.
static uint32_t take_stripes(uint64_t *state, uint32_t done, const uint8_t *bytes, size_t count) {
    uint64_t lanes[8];
    memcpy(lanes, state, sizeof lanes);
    for (; count > 0; bytes += STRIPE, count--) {
        accumulate(lanes, bytes, secret + 8 * done);
        if (++done == STRIPES_IN_BLOCK) {
            scramble(lanes);
            done = 0;
        }
    }
    memcpy(state, lanes, sizeof lanes);
    return done;
}

void coffer_xxh3_begin(coffer_xxh3 *state) {
    static const uint64_t initial[8] = {
        PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1,
    };
    memset(state, 0, sizeof *state);
    memcpy(state->lanes, initial, sizeof initial);
}

void coffer_xxh3_update(coffer_xxh3 *state, const void *input, size_t count) {
    const uint8_t *bytes = input;
    state->total += count;
    if (state->buffered + count <= BUFFER) {
        if (count > 0) memcpy(state->buffer + state->buffered, bytes, count);
        state->buffered += (uint32_t)count;
        return;
    }
    // More follows, so what is in the buffer is not the end.
    size_t wanted = BUFFER - state->buffered;
    memcpy(state->buffer + state->buffered, bytes, wanted);
    state->stripes = take_stripes(state->lanes, state->stripes, state->buffer, BUFFER / STRIPE);
    bytes += wanted;
    count -= wanted;
    if (count > BUFFER) {
        size_t stripes = (count - 1) / STRIPE;
        state->stripes = take_stripes(state->lanes, state->stripes, bytes, stripes);
        bytes += stripes * STRIPE;
        count -= stripes * STRIPE;
        // The last stripe of the message may begin in what was just taken.
        memcpy(state->buffer + BUFFER - STRIPE, bytes - STRIPE, STRIPE);
    }
    memcpy(state->buffer, bytes, count);
    state->buffered = (uint32_t)count;
}

// The lanes after the end of the message, which has more than SHORT bytes.
static void finish(const coffer_xxh3 *state, uint64_t lanes[8]) {
    memcpy(lanes, state->lanes, sizeof state->lanes);
    uint8_t last[STRIPE];
    if (state->buffered >= STRIPE) {
        take_stripes(lanes, state->stripes, state->buffer, (state->buffered - 1) / STRIPE);
        memcpy(last, state->buffer + state->buffered - STRIPE, STRIPE);
    } else {
        size_t before = STRIPE - state->buffered;
        memcpy(last, state->buffer + BUFFER - before, before);
        memcpy(last + before, state->buffer, state->buffered);
    }
    accumulate(lanes, last, secret + SECRET_BYTES - STRIPE - 7);
}

static uint64_t merge(const uint64_t lanes[8], int offset, uint64_t start) {
    for (int pair = 0; pair < 4; pair++) {
        const uint8_t *key = secret + offset + 16 * pair;
        start += folded_product(lanes[2 * pair] ^ load64(key), lanes[2 * pair + 1] ^ load64(key + 8));
    }
    return avalanche3(start);
}

// MARK: XXH3, 64 bits

static uint64_t short64(const uint8_t *bytes, size_t count) {
    if (count == 0) return avalanche64(secret_pair(56));
    if (count <= 3) return avalanche64(joined_bytes(bytes, count) ^ (uint64_t)(load32(secret) ^ load32(secret + 4)));
    if (count <= 8) {
        uint64_t input = load32(bytes + count - 4) + ((uint64_t)load32(bytes) << 32);
        uint64_t hash = input ^ secret_pair(8);
        hash ^= rotated(hash, 49) ^ rotated(hash, 24);
        hash *= PRIME_MIX_2;
        hash ^= (hash >> 35) + count;
        hash *= PRIME_MIX_2;
        return hash ^ hash >> 28;
    }
    if (count <= 16) {
        uint64_t low = load64(bytes) ^ secret_pair(24);
        uint64_t high = load64(bytes + count - 8) ^ secret_pair(40);
        return avalanche3(count + __builtin_bswap64(low) + high + folded_product(low, high));
    }
    uint64_t hash = count * PRIME64_1;
    if (count <= 128) {
        for (int pair = (int)(count - 1) / 32; pair >= 0; pair--) {
            hash += mix16(bytes + 16 * pair, 32 * pair);
            hash += mix16(bytes + count - 16 * (pair + 1), 32 * pair + 16);
        }
        return avalanche3(hash);
    }
    int rounds = (int)(count / 16);
    for (int i = 0; i < 8; i++) hash += mix16(bytes + 16 * i, 16 * i);
    hash = avalanche3(hash);
    for (int i = 8; i < rounds; i++) hash += mix16(bytes + 16 * i, 16 * (i - 8) + 3);
    return avalanche3(hash + mix16(bytes + count - 16, MIDDLE_LAST));
}

uint64_t coffer_xxh3_value64(const coffer_xxh3 *state) {
    if (state->total <= SHORT) return short64(state->buffer, (size_t)state->total);
    uint64_t lanes[8];
    finish(state, lanes);
    return merge(lanes, 11, state->total * PRIME64_1);
}

// MARK: XXH3, 128 bits

static inline wide mix32(wide hash, const uint8_t *one, const uint8_t *other, int offset) {
    hash.low = (hash.low + mix16(one, offset)) ^ (load64(other) + load64(other + 8));
    hash.high = (hash.high + mix16(other, offset + 16)) ^ (load64(one) + load64(one + 8));
    return hash;
}

static inline wide end_of_middle(wide hash, size_t count) {
    uint64_t high = hash.low * PRIME64_1 + hash.high * PRIME64_4 + count * PRIME64_2;
    return (wide){avalanche3(hash.low + hash.high), 0 - avalanche3(high)};
}

static wide short128(const uint8_t *bytes, size_t count) {
    if (count == 0) return (wide){avalanche64(secret_pair(64)), avalanche64(secret_pair(80))};
    if (count <= 3) {
        uint32_t low = joined_bytes(bytes, count);
        uint32_t swapped = __builtin_bswap32(low);
        uint32_t high = swapped << 13 | swapped >> 19;
        return (wide){
            avalanche64(low ^ (uint64_t)(load32(secret) ^ load32(secret + 4))),
            avalanche64(high ^ (uint64_t)(load32(secret + 8) ^ load32(secret + 12))),
        };
    }
    if (count <= 8) {
        uint64_t input = load32(bytes) + ((uint64_t)load32(bytes + count - 4) << 32);
        wide hash = product(input ^ secret_pair(16), PRIME64_1 + (count << 2));
        hash.high += hash.low << 1;
        hash.low ^= hash.high >> 3;
        hash.low = (hash.low ^ hash.low >> 35) * PRIME_MIX_2;
        hash.low ^= hash.low >> 28;
        return (wide){hash.low, avalanche3(hash.high)};
    }
    if (count <= 16) {
        uint64_t low = load64(bytes);
        uint64_t high = load64(bytes + count - 8);
        wide middle = product(low ^ high ^ secret_pair(32), PRIME64_1);
        middle.low += (uint64_t)(count - 1) << 54;
        high ^= secret_pair(48);
        middle.high += high + (high & 0xffffffff) * (PRIME32_2 - 1);
        middle.low ^= __builtin_bswap64(middle.high);
        wide hash = product(middle.low, PRIME64_2);
        hash.high += middle.high * PRIME64_2;
        return (wide){avalanche3(hash.low), avalanche3(hash.high)};
    }
    wide hash = {count * PRIME64_1, 0};
    if (count <= 128) {
        for (int pair = (int)(count - 1) / 32; pair >= 0; pair--) {
            hash = mix32(hash, bytes + 16 * pair, bytes + count - 16 * (pair + 1), 32 * pair);
        }
        return end_of_middle(hash, count);
    }
    for (int end = 32; end < 160; end += 32) hash = mix32(hash, bytes + end - 32, bytes + end - 16, end - 32);
    hash = (wide){avalanche3(hash.low), avalanche3(hash.high)};
    for (int end = 160; end <= (int)count; end += 32) {
        hash = mix32(hash, bytes + end - 32, bytes + end - 16, end - 160 + 3);
    }
    hash = mix32(hash, bytes + count - 16, bytes + count - 32, MIDDLE_LAST - 16);
    return end_of_middle(hash, count);
}

void coffer_xxh3_value128(const coffer_xxh3 *state, uint64_t halves[2]) {
    wide hash;
    if (state->total <= SHORT) {
        hash = short128(state->buffer, (size_t)state->total);
    } else {
        uint64_t lanes[8];
        finish(state, lanes);
        hash.low = merge(lanes, 11, state->total * PRIME64_1);
        hash.high = merge(lanes, SECRET_BYTES - STRIPE - 11, ~(state->total * PRIME64_2));
    }
    halves[0] = hash.high;
    halves[1] = hash.low;
}
