#include "coffer_wiping_heap.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>

// The allocator's own entry points, which replacements of `free` and `realloc` go on to use.
extern void *__libc_malloc(size_t size);
extern void __libc_free(void *block);

int coffer_heap_is_wiped(void) { return 1; }

// Sanitizers have a heap of their own and must see every call.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define COFFER_HEAP_OF_SANITIZER
#endif
#endif

#ifndef COFFER_HEAP_OF_SANITIZER
void free(void *block) {
    if (block == NULL) return;
    // POSIX lets callers rely on it that freeing changes no error number.
    int code = errno;
    explicit_bzero(block, malloc_usable_size(block));
    __libc_free(block);
    errno = code;
}

void *realloc(void *block, size_t size) {
    if (block == NULL) return __libc_malloc(size);
    if (size == 0) {
        free(block);
        return NULL;
    }
    size_t usable = malloc_usable_size(block);
    // Where it fits without wasting half of it, it stays; what is cut off is not the caller's any more.
    if (size <= usable && size >= usable / 2) {
        explicit_bzero((char *)block + size, usable - size);
        return block;
    }
    void *moved = __libc_malloc(size);
    if (moved == NULL) return NULL;
    memcpy(moved, block, size < usable ? size : usable);
    free(block);
    return moved;
}
#endif
