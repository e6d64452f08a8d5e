#pragma once

#include <stddef.h>
#include <stdint.h>

// Lanes that a state has room for, whatever the processor uses of them.
#define COFFER_MD5_LANES 16

// How many messages this processor digests at once, 4, 8 or 16, and no more than `widest`, which is at least 4.
int coffer_md5_lanes(int widest);

// Digests `blocks` blocks of 64 bytes of each of `lanes` messages, as coffer_md5_lanes has said.
// `state`: four words A, B, C, D for each message, word-wise: COFFER_MD5_LANES times A, then B, and so on.
// `data`: where each message goes on; a lane without a message points to any bytes that may be read.
void coffer_md5_blocks(int lanes, uint32_t *state, const uint8_t *const *data, size_t blocks);
