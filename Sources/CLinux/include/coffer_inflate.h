#ifndef COFFER_INFLATE_H
#define COFFER_INFLATE_H

#include <stddef.h>
#include <stdint.h>

// Decompression by libraries that most systems have (libz, libzstd), looked for when they are needed.

typedef struct coffer_inflater coffer_inflater;

typedef enum {
    COFFER_GZIP = 1,
    COFFER_ZSTANDARD = 2,
} coffer_compression;

typedef enum {
    COFFER_INFLATE_MORE = 0,
    // The end of one stream; another may follow.
    COFFER_INFLATE_END = 1,
    COFFER_INFLATE_MALFORMED = 2,
} coffer_inflate_state;

// NULL when there is no such library, or no memory.
coffer_inflater *coffer_inflater_new(coffer_compression compression);
void coffer_inflater_free(coffer_inflater *inflater);

// Takes from `input` and gives to `output`; says in the counts how much of each.
coffer_inflate_state coffer_inflate(
    coffer_inflater *inflater, const uint8_t *input, size_t *input_count, uint8_t *output, size_t *output_count);

// Compresses to one gzip stream; gives its bytes, 0 when there is no libz or the output has no room for them.
//
// Both counts are below 4 GiB.
size_t coffer_gzip(const uint8_t *input, size_t input_count, uint8_t *output, size_t output_count);

#endif
