#ifndef COFFER_PROCESS_H
#define COFFER_PROCESS_H

#include <stddef.h>

/// Bytes in live allocations of the C heap, those with mappings of their own included.
size_t coffer_heap_bytes(void);

/// Processors that this process may run on; 0 when the kernel does not say.
int coffer_usable_processors(void);

/// Ends the process at once: what stands in stdio's buffers is written, exit handlers and static destructors do not run.
/// OpenSSL's and libcurl's would take away what threads that still end their work are using.
void coffer_end_process(int status) __attribute__((noreturn));

#endif
