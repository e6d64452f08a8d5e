#include "coffer_process.h"

#include <errno.h>
#include <malloc.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <unistd.h>

size_t coffer_heap_bytes(void) {
    struct mallinfo2 heap = mallinfo2();
    return heap.uordblks + heap.hblkhd;
}

void coffer_return_free_memory(void) {
    malloc_trim(0);
}

int coffer_usable_processors(void) {
    cpu_set_t usable;
    CPU_ZERO(&usable);
    return sched_getaffinity(0, sizeof usable, &usable) == 0 ? CPU_COUNT(&usable) : 0;
}

int coffer_confine_to_processors(int first, int count) {
    cpu_set_t chosen;
    CPU_ZERO(&chosen);
    for (int processor = first; processor < first + count && processor < CPU_SETSIZE; processor++) {
        CPU_SET(processor, &chosen);
    }
    return sched_setaffinity(0, sizeof chosen, &chosen) == 0 ? 0 : errno;
}

int coffer_clock_is_kept(void) {
    // Nothing is changed: no mode is set.
    struct timex clock = {0};
    int state = adjtimex(&clock);
    return state < 0 ? -1 : state != TIME_ERROR;
}

int coffer_protect_process(void) {
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0) return errno;
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : errno;
}

static void raise_limit(int which) {
    struct rlimit limit;
    if (getrlimit(which, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(which, &limit);
}

void coffer_raise_limits(void) {
    raise_limit(RLIMIT_NOFILE);
    raise_limit(RLIMIT_MEMLOCK);
}

void *coffer_map_secret_pages(size_t count, int *lock_error) {
    void *pages = mmap(NULL, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) return NULL;
    madvise(pages, count, MADV_DONTDUMP);
    *lock_error = mlock(pages, count) == 0 ? 0 : errno;
    return pages;
}

void coffer_end_process(int status) {
    fflush(NULL);
    _exit(status);
}
