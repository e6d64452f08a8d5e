// Preloaded into a server: while the file UNFLUSHED_WHILE is there, nothing of one kind can be flushed to the disk: files
// whose paths end with UNFLUSHED_FILES, or without that, directories. The attempt fails at once, or, while a file of that
// name with `.held` behind it is there, when that one has gone.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_meant(int descriptor) {
    const char *end = getenv("UNFLUSHED_FILES");
    struct stat status;
    if (!end) return fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode);
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path);
    size_t count = strlen(end);
    return length >= (ssize_t)count && memcmp(path + length - count, end, count) == 0;
}

static int flush(const char *name, int descriptor) {
    const char *file = getenv("UNFLUSHED_WHILE");
    if (file && access(file, F_OK) == 0 && is_meant(descriptor)) {
        char held[PATH_MAX];
        snprintf(held, sizeof held, "%s.held", file);
        while (access(held, F_OK) == 0) usleep(1000);
        errno = EIO;
        return -1;
    }
    return ((int (*)(int))dlsym(RTLD_NEXT, name))(descriptor);
}

int fsync(int descriptor) { return flush("fsync", descriptor); }

int fdatasync(int descriptor) { return flush("fdatasync", descriptor); }
