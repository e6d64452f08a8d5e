#include "coffer_files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/types.h>
#include <sys/uio.h>

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

ssize_t coffer_read_cached(int descriptor, void *bytes, size_t count, off_t offset) {
    struct iovec vector = {.iov_base = bytes, .iov_len = count};
    return preadv2(descriptor, &vector, 1, offset, RWF_NOWAIT);
}
