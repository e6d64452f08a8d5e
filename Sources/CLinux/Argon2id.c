#include "coffer_argon2id.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

// MARK: BLAKE2b (RFC 7693), without a key

typedef struct {
    uint64_t state[8];
    uint64_t count;
    uint8_t buffer[128];
    size_t buffered, output_count;
} blake2b;

static const uint64_t initial[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

static const uint8_t schedule[12][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
};

static inline uint64_t rotated(uint64_t word, int bits) { return word >> bits | word << (64 - bits); }

static inline void mix(uint64_t v[16], int a, int b, int c, int d, uint64_t x, uint64_t y) {
    v[a] += v[b] + x;
    v[d] = rotated(v[d] ^ v[a], 32);
    v[c] += v[d];
    v[b] = rotated(v[b] ^ v[c], 24);
    v[a] += v[b] + y;
    v[d] = rotated(v[d] ^ v[a], 16);
    v[c] += v[d];
    v[b] = rotated(v[b] ^ v[c], 63);
}

// The machines this runs on are little-endian, as the algorithm's words are.
static void compress(blake2b *hash, int is_last) {
    uint64_t m[16], v[16];
    memcpy(m, hash->buffer, sizeof m);
    memcpy(v, hash->state, sizeof hash->state);
    memcpy(v + 8, initial, sizeof initial);
    v[12] ^= hash->count;
    if (is_last) v[14] = ~v[14];
    for (int round = 0; round < 12; round++) {
        const uint8_t *s = schedule[round];
        mix(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
        mix(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
        mix(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
        mix(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
        mix(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
        mix(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
        mix(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
        mix(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
    }
    for (int word = 0; word < 8; word++) hash->state[word] ^= v[word] ^ v[word + 8];
    explicit_bzero(m, sizeof m);
    explicit_bzero(v, sizeof v);
}

static void begin(blake2b *hash, size_t output_count) {
    memset(hash, 0, sizeof *hash);
    memcpy(hash->state, initial, sizeof initial);
    hash->state[0] ^= 0x01010000 ^ output_count;
    hash->output_count = output_count;
}

static void update(blake2b *hash, const void *input, size_t count) {
    const uint8_t *bytes = input;
    while (count > 0) {
        // A full block stays until more comes: it may be the last, which is compressed otherwise.
        if (hash->buffered == sizeof hash->buffer) {
            hash->count += hash->buffered;
            compress(hash, 0);
            hash->buffered = 0;
        }
        size_t room = sizeof hash->buffer - hash->buffered;
        size_t taken = count < room ? count : room;
        memcpy(hash->buffer + hash->buffered, bytes, taken);
        hash->buffered += taken;
        bytes += taken;
        count -= taken;
    }
}

static void update_word(blake2b *hash, uint32_t word) { update(hash, &word, sizeof word); }

static void finish(blake2b *hash, uint8_t *output) {
    hash->count += hash->buffered;
    memset(hash->buffer + hash->buffered, 0, sizeof hash->buffer - hash->buffered);
    compress(hash, 1);
    memcpy(output, hash->state, hash->output_count);
    explicit_bzero(hash, sizeof *hash);
}

// The RFC's H': a hash of any length, of `input` and up to two words behind it.
static void long_hash(uint8_t *output, size_t output_count, const void *input, size_t count, const uint32_t *words,
                      size_t word_count) {
    blake2b hash;
    uint8_t block[64];
    begin(&hash, output_count < 64 ? output_count : 64);
    update_word(&hash, (uint32_t)output_count);
    update(&hash, input, count);
    update(&hash, words, word_count * sizeof *words);
    if (output_count <= 64) {
        finish(&hash, output);
        return;
    }
    finish(&hash, block);
    while (output_count > 64) {
        memcpy(output, block, 32);
        output += 32;
        output_count -= 32;
        begin(&hash, output_count < 64 ? output_count : 64);
        update(&hash, block, sizeof block);
        finish(&hash, output_count > 64 ? block : output);
    }
    explicit_bzero(block, sizeof block);
}

// MARK: Argon2id

enum { words_in_block = 128, version = 0x13, argon2id = 2, slices = 4 };

typedef struct {
    uint64_t words[words_in_block];
} memory_block;

typedef uint64_t four __attribute__((vector_size(32)));

#define INLINE static inline __attribute__((always_inline))

// No vector is passed by value: how that is done depends on the processor that a function is compiled for.
#define TURNED(x, bits) ((x) >> (bits) | (x) << (64 - (bits)))
#define MULTIPLIED(a, b) ((a) + (b) + 2 * (((a) & low) * ((b) & low)))

INLINE void half_round(four *a, four *b, four *c, four *d) {
    const four low = {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff};
    *a = MULTIPLIED(*a, *b);
    *d = TURNED(*d ^ *a, 32);
    *c = MULTIPLIED(*c, *d);
    *b = TURNED(*b ^ *c, 24);
    *a = MULTIPLIED(*a, *b);
    *d = TURNED(*d ^ *a, 16);
    *c = MULTIPLIED(*c, *d);
    *b = TURNED(*b ^ *c, 63);
}

INLINE void permute(four *a, four *b, four *c, four *d) {
    half_round(a, b, c, d);
    *b = __builtin_shufflevector(*b, *b, 1, 2, 3, 0);
    *c = __builtin_shufflevector(*c, *c, 2, 3, 0, 1);
    *d = __builtin_shufflevector(*d, *d, 3, 0, 1, 2);
    half_round(a, b, c, d);
    *b = __builtin_shufflevector(*b, *b, 3, 0, 1, 2);
    *c = __builtin_shufflevector(*c, *c, 2, 3, 0, 1);
    *d = __builtin_shufflevector(*d, *d, 1, 2, 3, 0);
}

INLINE void load_pairs(four *x, const uint64_t *one, const uint64_t *other) {
    *x = (four){one[0], one[1], other[0], other[1]};
}

INLINE void store_pairs(const four *x, uint64_t *one, uint64_t *other) {
    one[0] = (*x)[0];
    one[1] = (*x)[1];
    other[0] = (*x)[2];
    other[1] = (*x)[3];
}

// `next` becomes the mixture of `one` and `other`, added to what it was where `adds`.
INLINE void mix_blocks(const memory_block *one, const memory_block *other, memory_block *next, int adds) {
    memory_block sum, r;
    for (int word = 0; word < words_in_block; word++) {
        r.words[word] = one->words[word] ^ other->words[word];
        sum.words[word] = adds ? r.words[word] ^ next->words[word] : r.words[word];
    }
    for (int row = 0; row < 8; row++) {
        uint64_t *w = r.words + 16 * row;
        four a, b, c, d;
        memcpy(&a, w, 32);
        memcpy(&b, w + 4, 32);
        memcpy(&c, w + 8, 32);
        memcpy(&d, w + 12, 32);
        permute(&a, &b, &c, &d);
        memcpy(w, &a, 32);
        memcpy(w + 4, &b, 32);
        memcpy(w + 8, &c, 32);
        memcpy(w + 12, &d, 32);
    }
    for (int column = 0; column < 8; column++) {
        uint64_t *w = r.words + 2 * column;
        four a, b, c, d;
        load_pairs(&a, w, w + 16);
        load_pairs(&b, w + 32, w + 48);
        load_pairs(&c, w + 64, w + 80);
        load_pairs(&d, w + 96, w + 112);
        permute(&a, &b, &c, &d);
        store_pairs(&a, w, w + 16);
        store_pairs(&b, w + 32, w + 48);
        store_pairs(&c, w + 64, w + 80);
        store_pairs(&d, w + 96, w + 112);
    }
    for (int word = 0; word < words_in_block; word++) next->words[word] = sum.words[word] ^ r.words[word];
}

typedef struct {
    memory_block *memory;
    uint32_t passes, lanes, lane_blocks, segment_blocks;
} argon2;

INLINE uint32_t reference(const argon2 *state, uint32_t pass, uint32_t slice, uint32_t lane, uint32_t index, uint64_t random) {
    uint32_t other = pass == 0 && slice == 0 ? lane : (uint32_t)(random >> 32) % state->lanes;
    uint32_t area = pass == 0 ? slice * state->segment_blocks : state->lane_blocks - state->segment_blocks;
    if (other == lane) area += index - 1;
    else if (index == 0) area -= 1;
    uint64_t low = random & 0xffffffff;
    uint64_t place = area - 1 - (area * (low * low >> 32) >> 32);
    uint32_t start = pass == 0 || slice == slices - 1 ? 0 : (slice + 1) * state->segment_blocks;
    return other * state->lane_blocks + (uint32_t)((start + place) % state->lane_blocks);
}

INLINE void fill_segment(const argon2 *state, uint32_t pass, uint32_t slice, uint32_t lane) {
    // Where the first half of the first pass reads does not depend on the password.
    int is_independent = pass == 0 && slice < slices / 2;
    static const memory_block zero;
    memory_block counter = {{0}}, addresses = {{0}};
    counter.words[0] = pass;
    counter.words[1] = lane;
    counter.words[2] = slice;
    counter.words[3] = (uint64_t)state->lane_blocks * state->lanes;
    counter.words[4] = state->passes;
    counter.words[5] = argon2id;
    uint32_t first = pass == 0 && slice == 0 ? 2 : 0;
    for (uint32_t index = first; index < state->segment_blocks; index++) {
        uint32_t column = slice * state->segment_blocks + index;
        memory_block *present = state->memory + (size_t)lane * state->lane_blocks + column;
        const memory_block *former = column == 0 ? present + state->lane_blocks - 1 : present - 1;
        uint64_t random = former->words[0];
        if (is_independent) {
            if (index == first || index % words_in_block == 0) {
                counter.words[6]++;
                mix_blocks(&zero, &counter, &addresses, 0);
                mix_blocks(&zero, &addresses, &addresses, 0);
            }
            random = addresses.words[index % words_in_block];
        }
        const memory_block *other = state->memory + reference(state, pass, slice, lane, index, random);
        mix_blocks(former, other, present, pass > 0);
    }
}

INLINE void fill(const argon2 *state) {
    for (uint32_t pass = 0; pass < state->passes; pass++)
        for (uint32_t slice = 0; slice < slices; slice++)
            for (uint32_t lane = 0; lane < state->lanes; lane++) fill_segment(state, pass, slice, lane);
}

static void fill_portably(const argon2 *state) { fill(state); }

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void fill_with_avx2(const argon2 *state) { fill(state); }
#endif

static void fill_fastest(const argon2 *state) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        fill_with_avx2(state);
        return;
    }
#endif
    fill_portably(state);
}

static void first_hash(uint8_t seed[64], const void *password, size_t password_count, const void *salt, size_t salt_count,
                       uint32_t passes, uint32_t kibibytes, uint32_t lanes, size_t output_count) {
    blake2b hash;
    begin(&hash, 64);
    update_word(&hash, lanes);
    update_word(&hash, (uint32_t)output_count);
    update_word(&hash, kibibytes);
    update_word(&hash, passes);
    update_word(&hash, version);
    update_word(&hash, argon2id);
    update_word(&hash, (uint32_t)password_count);
    update(&hash, password, password_count);
    update_word(&hash, (uint32_t)salt_count);
    update(&hash, salt, salt_count);
    update_word(&hash, 0);
    update_word(&hash, 0);
    finish(&hash, seed);
}

int coffer_argon2id_derive(const void *password, size_t password_count, const void *salt, size_t salt_count,
                           uint32_t passes, uint32_t kibibytes, uint32_t lanes, void *output, size_t output_count) {
    if (passes < 1 || lanes < 1 || lanes > 64 || kibibytes < 8 * lanes || kibibytes > 1 << 21 || salt_count < 8
        || salt_count > 1 << 20 || password_count > 1 << 20 || output_count < 4 || output_count > 64)
        return EINVAL;
    argon2 state = {NULL, passes, lanes, 0, kibibytes / (slices * lanes)};
    state.lane_blocks = slices * state.segment_blocks;
    size_t blocks = (size_t)state.lane_blocks * lanes;
    void *memory = mmap(NULL, blocks * sizeof(memory_block), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return ENOMEM;
    // Fewer faults; where there are no large pages it does nothing.
    madvise(memory, blocks * sizeof(memory_block), MADV_HUGEPAGE);
    madvise(memory, blocks * sizeof(memory_block), MADV_DONTDUMP);
    state.memory = memory;

    uint8_t seed[64];
    first_hash(seed, password, password_count, salt, salt_count, passes, kibibytes, lanes, output_count);
    for (uint32_t lane = 0; lane < lanes; lane++)
        for (uint32_t column = 0; column < 2; column++) {
            uint32_t place[2] = {column, lane};
            long_hash((uint8_t *)(state.memory + (size_t)lane * state.lane_blocks + column), sizeof(memory_block), seed,
                      sizeof seed, place, 2);
        }
    explicit_bzero(seed, sizeof seed);
    fill_fastest(&state);

    memory_block last = {{0}};
    for (uint32_t lane = 0; lane < lanes; lane++) {
        const memory_block *end = state.memory + (size_t)(lane + 1) * state.lane_blocks - 1;
        for (int word = 0; word < words_in_block; word++) last.words[word] ^= end->words[word];
    }
    long_hash(output, output_count, &last, sizeof last, NULL, 0);
    explicit_bzero(&last, sizeof last);
    // The system gives the pages to nobody before it has cleared them.
    munmap(memory, blocks * sizeof(memory_block));
    return 0;
}
