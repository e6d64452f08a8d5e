#pragma once

#include <stddef.h>
#include <stdint.h>

// HighwayHash's update by `count` packets of 32 bytes, whose words are little-endian, as this processor's have to be.
// `state`: v0, v1, mul0 and mul1, four words each.
void coffer_highway_packets(uint64_t *state, const uint8_t *data, size_t count);
