#include "CConsoleAssets.h"

// Each file of Sources/Console/Assets once more, in the order of their names: a test holds the two lists against each other.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const coffer_asset assets[] = {
    {0, 0, 0},
};

const size_t coffer_console_asset_count = sizeof assets / sizeof *assets - 1;

coffer_asset coffer_console_asset(size_t index) { return assets[index]; }
