// Preloaded into a server: a file on a file system whose server is away. While the file HANGING_WHILE is there, who opens
// HANGING_FILE waits, for a minute at most. Each opening of it adds a byte to the file HANGING_CALLS.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void pass(const char *path) {
    const char *file = getenv("HANGING_FILE"), *flag = getenv("HANGING_WHILE"), *calls = getenv("HANGING_CALLS");
    if (!file || !flag || !calls || strcmp(path, file) != 0) return;
    int descriptor = NEXT(open)(calls, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (descriptor >= 0) {
        if (write(descriptor, ".", 1) != 1) abort();
        close(descriptor);
    }
    for (int tenths = 0; tenths < 600 && access(flag, F_OK) == 0; tenths++) usleep(100 * 1000);
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    pass(path);
    return NEXT(open)(path, flags, mode);
}

FILE *fopen(const char *path, const char *mode) {
    pass(path);
    return NEXT(fopen)(path, mode);
}
