#ifndef COFFER_PROCESS_H
#define COFFER_PROCESS_H

#include <stddef.h>

/// Bytes in live allocations of the C heap, those with mappings of their own included.
size_t coffer_heap_bytes(void);

/// Processors that this process may run on; 0 when the kernel does not say.
int coffer_usable_processors(void);

#endif
