#ifndef COFFER_CONSOLE_ASSETS_H
#define COFFER_CONSOLE_ASSETS_H

#include <stddef.h>
#include <stdint.h>

// The files of the console's page, which are part of the program.

typedef struct {
    // Relative to the folder of the files, with slashes.
    const char *name;
    const uint8_t *bytes;
    size_t count;
} coffer_asset;

extern const size_t coffer_console_asset_count;

coffer_asset coffer_console_asset(size_t index);

#endif
