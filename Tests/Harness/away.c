// Preloaded into a server: makes a directory look like one on a network file system whose server is away. While the file
// AWAY_WHILE is there, everything that names AWAY_ROOT, or something below it, fails with ENOTCONN.

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_away(const char *path) {
    const char *root = getenv("AWAY_ROOT"), *file = getenv("AWAY_WHILE");
    if (!root || !file || strncmp(path, root, strlen(root)) != 0) return 0;
    int before = errno, away = access(file, F_OK) == 0;
    errno = away ? ENOTCONN : before;
    return away;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int stat(const char *path, struct stat *status) { return is_away(path) ? -1 : NEXT(stat)(path, status); }
int lstat(const char *path, struct stat *status) { return is_away(path) ? -1 : NEXT(lstat)(path, status); }
int mkdir(const char *path, mode_t mode) { return is_away(path) ? -1 : NEXT(mkdir)(path, mode); }
int unlink(const char *path) { return is_away(path) ? -1 : NEXT(unlink)(path); }
int link(const char *old, const char *new) { return is_away(new) ? -1 : NEXT(link)(old, new); }
DIR *opendir(const char *path) { return is_away(path) ? NULL : NEXT(opendir)(path); }

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return is_away(path) ? -1 : NEXT(open)(path, flags, mode);
}
