// Preloaded into a server: while the file UNFLUSHED_WHILE is there, no directory can be flushed to the disk. The attempt
// fails at once, or, while a file of that name with `.held` behind it is there, when that one has gone.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int fsync(int descriptor) {
    struct stat status;
    const char *file = getenv("UNFLUSHED_WHILE");
    if (file && fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode) && access(file, F_OK) == 0) {
        char held[PATH_MAX];
        snprintf(held, sizeof held, "%s.held", file);
        while (access(held, F_OK) == 0) usleep(1000);
        errno = EIO;
        return -1;
    }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(descriptor);
}
