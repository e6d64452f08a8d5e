#include "coffer_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

int coffer_create_file(const char *path, int direct, int *is_direct) {
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    if (direct) {
        int descriptor = open(path, flags | O_DIRECT, 0600);
        if (descriptor >= 0 || errno != EINVAL) {
            *is_direct = descriptor >= 0;
            return descriptor;
        }
        // The file system cannot; some kernels have created the file by then.
        *is_direct = 0;
        return open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    }
    *is_direct = 0;
    return open(path, flags, 0600);
}

int coffer_clear_direct(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags < 0 ? -1 : fcntl(descriptor, F_SETFL, flags & ~O_DIRECT);
}

#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20
#endif

int coffer_open_cached(const char *path) {
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_CACHED};
    return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
}

ssize_t coffer_read_cached(int descriptor, void *bytes, size_t count, off_t offset) {
    struct iovec vector = {.iov_base = bytes, .iov_len = count};
    return preadv2(descriptor, &vector, 1, offset, RWF_NOWAIT);
}

/// Flushes the directory that `path` is an entry of, of which `length` bytes count; 0 or an errno.
static int sync_parent(const char *path, size_t length) {
    while (length > 0 && path[length - 1] != '/') length--;
    while (length > 1 && path[length - 1] == '/') length--;
    char parent[PATH_MAX];
    if (length == 0) {
        strcpy(parent, ".");
    } else {
        memcpy(parent, path, length);
        parent[length] = 0;
    }
    int descriptor = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return errno;
    // Not every file system can flush a directory.
    int code = fsync(descriptor) == 0 || errno == EINVAL ? 0 : errno;
    close(descriptor);
    return code;
}

int coffer_make_directories(const char *path, unsigned int mode) {
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') length--;
    if (length == 0) return ENOENT;
    if (length >= PATH_MAX) return ENAMETOOLONG;
    char prefix[PATH_MAX];
    memcpy(prefix, path, length);
    for (size_t end = 1; end <= length; end++) {
        int is_last = end == length;
        if (!is_last && (path[end] != '/' || path[end - 1] == '/')) continue;
        prefix[end] = 0;
        if (mkdir(prefix, is_last ? mode : 0755) == 0) {
            int code = sync_parent(prefix, end);
            if (code != 0) return code;
        } else if (errno != EEXIST) {
            // Some file systems tell of what they are mounted below first.
            int code = errno;
            struct stat status;
            if (stat(prefix, &status) != 0) return code;
        }
        prefix[end] = path[end];
    }
    return 0;
}

int coffer_sync_file_system(int descriptor) { return syncfs(descriptor); }
