// Preloaded into a program: somebody else replaces a file right after it has. When a file has been renamed to ROTATING_FILE,
// the file ROTATING_BY, if it is there, is renamed over it.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>

int rename(const char *old, const char *new) {
    int (*next)(const char *, const char *) = (__typeof__(next))dlsym(RTLD_NEXT, "rename");
    const char *file = getenv("ROTATING_FILE"), *other = getenv("ROTATING_BY");
    int code = next(old, new);
    if (code == 0 && file && other && strcmp(new, file) == 0) next(other, file);
    return code;
}
