#ifndef COFFER_WIPING_HEAP_H
#define COFFER_WIPING_HEAP_H

/// A program that links this target overwrites every block of its heap with zeros when the block is given back: `free` and
/// `realloc` are replaced for the whole process, libraries included.
///
/// Secrets pass through memory that nobody can wipe by hand, such as the buffers of sockets, TLS and HTTP, and strings and
/// arrays that are copied as they grow. What was in such memory ends with it, and never comes back in what a later block
/// of the same memory leaks, or in a dump of the heap.
///
/// Returns 1; calling it is what makes a linker that drops unused objects keep this one.
int coffer_heap_is_wiped(void);

#endif
