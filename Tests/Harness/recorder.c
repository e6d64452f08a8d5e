// Preloaded into the server: records what it changes below a directory, in the order in which it happened, so that what
// a power cut at any moment would have left can be made from the record (recording.py reads it).
//
// RECORDER_ROOT is the directory; each process has a record of its own, RECORDER_LOG with a dot and its number. An entry
// is, in this machine's byte order: kind (1 byte), CLOCK_MONOTONIC in ns when it was done (8), inode (8), number (8),
// length of the text (4), of the data (4), text, data.
//
//   'O' a file was created    text: path                    'W' bytes were written        number: offset, data: the bytes
//   'M' a directory was made  text: path                    'T' a file got a length       number: length
//   'R' renamed               text: old path, NUL, new path 'X' its last write was refused
//   'L' linked                text: old path, NUL, new path 'B' a sync begins             number: its own, from 1
//   'U' a name was removed    text: path                    'E' a sync has ended          number: as in 'B'
//
// A sync of the whole file system has inode 0.
//
// One lock is held over each change and its record; not over syncs, of which only writes before their beginning are sure.
// Writes, lengths and unlinking are recorded before they are done: who kills the server in between leaves a change in the
// record that the next server does not build on, or does again, where one that is missing would be built on.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define MAX_DESCRIPTORS 65536
#define REAL(name) ((__typeof__(&name))real(#name))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned char is_watched[MAX_DESCRIPTORS];
static const char *root;
static size_t root_length;
static int log_descriptor = -1;
static uint64_t last_sync;

static void *real(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (!function) abort();
    return function;
}

__attribute__((constructor)) static void begin(void) {
    root = getenv("RECORDER_ROOT");
    const char *path = getenv("RECORDER_LOG");
    if (!root || !path) return;
    root_length = strlen(root);
    char own[PATH_MAX];
    snprintf(own, sizeof own, "%s.%d", path, getpid());
    log_descriptor = REAL(open)(own, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (log_descriptor < 0) abort();
}

static int is_in_root(const char *path) {
    if (log_descriptor < 0 || strncmp(path, root, root_length) != 0) return 0;
    return path[root_length] == '/' || path[root_length] == 0;
}

static int watched(int descriptor) {
    return descriptor >= 0 && descriptor < MAX_DESCRIPTORS && is_watched[descriptor];
}

static void record(char kind, uint64_t inode, uint64_t number, const void *text, uint32_t text_length, const void *data,
                   uint32_t data_length) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t time = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
    char head[33];
    head[0] = kind;
    memcpy(head + 1, &time, 8);
    memcpy(head + 9, &inode, 8);
    memcpy(head + 17, &number, 8);
    memcpy(head + 25, &text_length, 4);
    memcpy(head + 29, &data_length, 4);
    struct iovec parts[3] = {{head, sizeof head}, {(void *)text, text_length}, {(void *)data, data_length}};
    ssize_t whole = (ssize_t)(sizeof head + text_length + data_length);
    if (REAL(writev)(log_descriptor, parts, 3) != whole) abort();
}

static uint64_t inode_of(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 ? status.st_ino : 0;
}

static int open_recorded(int (*really)(const char *, int, ...), const char *path, int flags, mode_t mode) {
    if (!is_in_root(path)) return really(path, flags, mode);
    pthread_mutex_lock(&lock);
    struct stat before;
    int existed = lstat(path, &before) == 0;
    int descriptor = really(path, flags, mode);
    int error = errno;
    if (descriptor >= 0 && descriptor < MAX_DESCRIPTORS) {
        is_watched[descriptor] = 1;
        if (!existed) {
            record('O', inode_of(descriptor), 0, path, (uint32_t)strlen(path), NULL, 0);
        } else if (flags & O_TRUNC) {
            record('T', inode_of(descriptor), 0, NULL, 0, NULL, 0);
        }
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return descriptor;
}

#define MODE_OF(flags)                               \
    mode_t mode = 0;                                 \
    if (flags & (O_CREAT | O_TMPFILE)) {             \
        va_list arguments;                           \
        va_start(arguments, flags);                  \
        mode = (mode_t)va_arg(arguments, int);       \
        va_end(arguments);                           \
    }

int open(const char *path, int flags, ...) {
    MODE_OF(flags)
    return open_recorded(REAL(open), path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE_OF(flags)
    return open_recorded(REAL(open64), path, flags, mode);
}

int close(int descriptor) {
    pthread_mutex_lock(&lock);
    if (watched(descriptor)) is_watched[descriptor] = 0;
    int result = REAL(close)(descriptor);
    pthread_mutex_unlock(&lock);
    return result;
}

// With the lock held, which it gives up.
static void end_write(int descriptor, ssize_t done, size_t count) {
    int error = errno;
    if (done < 0) record('X', inode_of(descriptor), 0, NULL, 0, NULL, 0);
    if (done >= 0 && (size_t)done != count) abort();
    pthread_mutex_unlock(&lock);
    errno = error;
}

static ssize_t pwrite_recorded(ssize_t (*really)(int, const void *, size_t, off_t), int descriptor, const void *bytes,
                               size_t count, off_t offset) {
    if (!watched(descriptor)) return really(descriptor, bytes, count, offset);
    pthread_mutex_lock(&lock);
    record('W', inode_of(descriptor), (uint64_t)offset, NULL, 0, bytes, (uint32_t)count);
    ssize_t done = really(descriptor, bytes, count, offset);
    end_write(descriptor, done, count);
    return done;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    return pwrite_recorded(REAL(pwrite), descriptor, bytes, count, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off_t offset) {
    return pwrite_recorded(REAL(pwrite64), descriptor, bytes, count, offset);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    if (!watched(descriptor)) return REAL(write)(descriptor, bytes, count);
    pthread_mutex_lock(&lock);
    off_t offset = lseek(descriptor, 0, SEEK_CUR);
    record('W', inode_of(descriptor), (uint64_t)offset, NULL, 0, bytes, (uint32_t)count);
    ssize_t done = REAL(write)(descriptor, bytes, count);
    end_write(descriptor, done, count);
    return done;
}

// What is not recorded must not happen unseen.
ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    if (watched(descriptor)) abort();
    return REAL(writev)(descriptor, parts, count);
}

ssize_t pwritev(int descriptor, const struct iovec *parts, int count, off_t offset) {
    if (watched(descriptor)) abort();
    return REAL(pwritev)(descriptor, parts, count, offset);
}

static int cut_recorded(int (*really)(int, off_t), int descriptor, off_t length) {
    if (!watched(descriptor)) return really(descriptor, length);
    pthread_mutex_lock(&lock);
    record('T', inode_of(descriptor), (uint64_t)length, NULL, 0, NULL, 0);
    int result = really(descriptor, length);
    if (result != 0) abort();
    pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate(int descriptor, off_t length) { return cut_recorded(REAL(ftruncate), descriptor, length); }
int ftruncate64(int descriptor, off_t length) { return cut_recorded(REAL(ftruncate64), descriptor, length); }

static int allocate_recorded(int (*really)(int, off_t, off_t), int descriptor, off_t offset, off_t count) {
    if (!watched(descriptor)) return really(descriptor, offset, count);
    pthread_mutex_lock(&lock);
    int result = really(descriptor, offset, count);
    struct stat status;
    if (result == 0 && fstat(descriptor, &status) == 0) {
        record('T', status.st_ino, (uint64_t)status.st_size, NULL, 0, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

int posix_fallocate(int descriptor, off_t offset, off_t count) {
    return allocate_recorded(REAL(posix_fallocate), descriptor, offset, count);
}

int posix_fallocate64(int descriptor, off_t offset, off_t count) {
    return allocate_recorded(REAL(posix_fallocate64), descriptor, offset, count);
}

static int sync_recorded(int (*really)(int), int descriptor, int is_of_all) {
    if (!watched(descriptor)) return really(descriptor);
    pthread_mutex_lock(&lock);
    uint64_t number = ++last_sync, inode = is_of_all ? 0 : inode_of(descriptor);
    record('B', inode, number, NULL, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    int result = really(descriptor);
    int error = errno;
    if (result == 0) {
        pthread_mutex_lock(&lock);
        record('E', inode, number, NULL, 0, NULL, 0);
        pthread_mutex_unlock(&lock);
    }
    errno = error;
    return result;
}

int fsync(int descriptor) { return sync_recorded(REAL(fsync), descriptor, 0); }
int fdatasync(int descriptor) { return sync_recorded(REAL(fdatasync), descriptor, 0); }
int syncfs(int descriptor) { return sync_recorded(REAL(syncfs), descriptor, 1); }

int mkdir(const char *path, mode_t mode) {
    if (!is_in_root(path)) return REAL(mkdir)(path, mode);
    pthread_mutex_lock(&lock);
    int result = REAL(mkdir)(path, mode);
    int error = errno;
    struct stat status;
    if (result == 0 && lstat(path, &status) == 0) {
        record('M', status.st_ino, 0, path, (uint32_t)strlen(path), NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

int unlink(const char *path) {
    if (!is_in_root(path)) return REAL(unlink)(path);
    pthread_mutex_lock(&lock);
    struct stat status;
    if (lstat(path, &status) == 0) record('U', 0, 0, path, (uint32_t)strlen(path), NULL, 0);
    int result = REAL(unlink)(path);
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

int rmdir(const char *path) {
    if (!is_in_root(path)) return REAL(rmdir)(path);
    pthread_mutex_lock(&lock);
    int result = REAL(rmdir)(path);
    int error = errno;
    if (result == 0) record('U', 0, 0, path, (uint32_t)strlen(path), NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

static void record_names(char kind, const char *from, const char *to) {
    char text[2 * PATH_MAX + 1];
    int length = snprintf(text, sizeof text, "%s%c%s", from, 0, to);
    record(kind, 0, 0, text, (uint32_t)length, NULL, 0);
}

int rename(const char *from, const char *to) {
    if (!is_in_root(from)) return REAL(rename)(from, to);
    pthread_mutex_lock(&lock);
    record_names('R', from, to);
    int result = REAL(rename)(from, to);
    if (result != 0) abort();
    pthread_mutex_unlock(&lock);
    return result;
}

int link(const char *from, const char *to) {
    if (!is_in_root(from)) return REAL(link)(from, to);
    pthread_mutex_lock(&lock);
    int result = REAL(link)(from, to);
    int error = errno;
    if (result == 0) record_names('L', from, to);
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}
