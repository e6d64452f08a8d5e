#ifndef COFFER_PROCESS_H
#define COFFER_PROCESS_H

#include <stddef.h>

/// Bytes in live allocations of the C heap, those with mappings of their own included.
size_t coffer_heap_bytes(void);

/// Gives the pages of freed allocations of the C heap back to the system.
void coffer_return_free_memory(void);

/// Processors that this process may run on; 0 when the kernel does not say.
int coffer_usable_processors(void);

/// Lets the calling thread, and what it starts from then on, run on `count` processors from the one numbered `first` only.
///
/// Returns 0, or an error number.
int coffer_confine_to_processors(int first, int count);

/// Whether a time service keeps the clock, as the kernel knows it: 1 or 0; -1 when it does not say.
int coffer_clock_is_kept(void);

/// Nothing of the process's memory leaves it: no core file, and nobody but root may attach to it or read its memory.
/// Returns 0, or errno.
int coffer_protect_process(void);

/// Raises the limits for open files and locked memory to what the process may have.
void coffer_raise_limits(void);

/// Maps so many bytes of zeros, a multiple of the page size, that stay out of core files. `*lock_error` is 0 when they
/// are locked, so that they are never swapped, else why not (errno). Returns NULL when there is no memory.
void *coffer_map_secret_pages(size_t count, int *lock_error);

/// Ends the process at once: what stands in stdio's buffers is written, exit handlers and static destructors do not run.
/// OpenSSL's and libcurl's would take away what threads that still end their work are using.
void coffer_end_process(int status) __attribute__((noreturn));

#endif
