#include "coffer_process.h"

#include <malloc.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

size_t coffer_heap_bytes(void) {
    struct mallinfo2 heap = mallinfo2();
    return heap.uordblks + heap.hblkhd;
}

int coffer_usable_processors(void) {
    cpu_set_t usable;
    CPU_ZERO(&usable);
    return sched_getaffinity(0, sizeof usable, &usable) == 0 ? CPU_COUNT(&usable) : 0;
}

void coffer_end_process(int status) {
    fflush(NULL);
    _exit(status);
}
