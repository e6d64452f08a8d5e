// Preloaded into a server: every call by which it changes or reads the drive, commits, copies its log, asks its key service
// or answers is a point that can fail, take long, be done by half, or end the process, at its Nth occurrence.
//
// The server is the very program that is shipped: nothing of this is compiled into it. faults.py has the other side: it takes
// the names from here, arms a fault, and reads how often each point was passed.
//
// FAULTS_ROOT is the directory whose files are meant; FAULTS_CONTROL a file that holds `struct control`, which both map.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

// MARK: The points

// What is done to a file, a directory or a name. A point is one of these and one of KINDS: "log.sync".
#define CALLS(X) X(create) X(write) X(truncate) X(sync) X(rename) X(link) X(unlink) X(mkdir) X(rmdir) X(read)
// What it is done to: the catalogue, its write-ahead log, a file of blobs, a directory of these, the drive's directory, the
// file `format` and its neighbours, the ballast, the catalogue's copy for a backup, the keyring, a backup, anything else.
#define KINDS(X) X(database) X(log) X(blob) X(blobs) X(drive) X(format) X(ballast) X(copy) X(keyring) X(backup) X(other)
// SQLite's COMMIT, its copying of the log and of the catalogue, a request to a key server or a webhook, bytes for a socket.
#define STEPS(X) X(commit) X(checkpoint) X(snapshot) X(request) X(socket)
// What happens there: an error; a wait; half of it, and no more; half of it, and the end of the process; the end before it.
// The last three change the whole drive from then on: no room, no names for new files, nothing can be changed.
#define ACTIONS(X) X(none) X(fail) X(delay) X(tear) X(tearcrash) X(crash) X(full) X(nameless) X(readonly)

#define CALL(name) call_##name,
#define KIND(name) kind_##name,
#define STEP(name) step_##name,
#define ACTION(name) action_##name,
enum call { CALLS(CALL) call_count };
enum kind { KINDS(KIND) kind_count, kind_none = -1 };
enum step { STEPS(STEP) step_count };
enum action { ACTIONS(ACTION) action_count };

#define POINT(call, kind) ((call) * kind_count + (kind))
#define POINT_OF_STEP(step) (call_count * kind_count + (step))
#define POINT_COUNT POINT_OF_STEP(step_count)

struct control {
    _Atomic int32_t armed;       // 0: nothing is counted and nothing fails
    _Atomic int32_t point;       // that of the fault
    _Atomic int32_t first;       // the occurrence from which on it acts, from 1
    _Atomic int32_t times;       // at how many occurrences
    _Atomic int32_t action;      // one of ACTIONS
    _Atomic int32_t value;       // an error number, or milliseconds
    _Atomic int32_t fired;       // how often it has acted
    _Atomic int32_t state;       // full, nameless or readonly, once that is so
    _Atomic int64_t inode;       // the one file that is read in vain; 0: any
    _Atomic int64_t clock;       // seconds by which the wall clock is wrong
    _Atomic int32_t counts[POINT_COUNT];
};

#define MAX_DESCRIPTORS 65536
#define REAL(name)                                                \
    ({                                                            \
        static __typeof__(&name) found;                           \
        if (!found) found = (__typeof__(&name))real(#name);       \
        found;                                                    \
    })

static unsigned char kind_of[MAX_DESCRIPTORS];  // of an open file, and 1
static struct control nobody, *control = &nobody;
static const char *root;
static size_t root_length;

static void *real(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (!function) abort();
    return function;
}

__attribute__((constructor)) static void begin(void) {
    root = getenv("FAULTS_ROOT");
    const char *path = getenv("FAULTS_CONTROL");
    if (!root || !path) return;
    root_length = strlen(root);
    int file = REAL(open)(path, O_RDWR | O_CLOEXEC);
    if (file < 0) abort();
    void *shared = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (shared == MAP_FAILED) abort();
    control = shared;
}

static int ends_with(const char *text, const char *end) {
    size_t length = strlen(text), count = strlen(end);
    return length >= count && memcmp(text + length - count, end, count) == 0;
}

static enum kind kind_of_path(const char *path) {
    if (control == &nobody || strncmp(path, root, root_length) != 0) return kind_none;
    const char *rest = path + root_length;
    if (*rest != '/' && *rest != 0) return kind_none;
    const char *name = strrchr(rest, '/');
    name = name ? name + 1 : rest;
    if (strncmp(rest, "/backup", 7) == 0) return kind_backup;
    if (strncmp(name, "catalogue.copy", 14) == 0) return kind_copy;
    if (strcmp(name, "coffer.db") == 0) return kind_database;
    if (strcmp(name, "coffer.db-wal") == 0) return kind_log;
    if (strncmp(name, "format", 6) == 0) return kind_format;
    if (strcmp(name, "ballast") == 0) return kind_ballast;
    if (strncmp(name, "keyring", 7) == 0) return kind_keyring;
    const char *blobs = strstr(rest, "/blobs");
    if (blobs) {
        const char *directory = strchr(blobs + 1, '/');
        return directory && strchr(directory + 1, '/') ? kind_blob : kind_blobs;
    }
    return ends_with(rest, "/drive") ? kind_drive : kind_other;
}

static enum kind kind_of_file(int descriptor) {
    return descriptor >= 0 && descriptor < MAX_DESCRIPTORS ? (enum kind)(kind_of[descriptor] - 1) : kind_none;
}

static void end(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

// Counts one more occurrence; what is to happen at it, when that is more than to go on.
static enum action pass(int point) {
    if (!control->armed) return action_none;
    int32_t count = ++control->counts[point];
    if (point != control->point || count < control->first || count - control->first >= control->times) return action_none;
    enum action action = (enum action)control->action;
    if (action != action_none) control->fired++;
    switch (action) {
    case action_delay:
        usleep((useconds_t)control->value * 1000);
        return action_none;
    case action_crash: end();
    case action_full:
    case action_nameless:
    case action_readonly:
        control->state = action;
        return action_none;
    default: return action;
    }
}

static int grows(enum call call) { return call == call_create || call == call_mkdir || call == call_link; }

// Whether the call fails, with `errno` set.
static int fails(enum call call, enum kind kind) {
    if (kind == kind_none) return 0;
    int before = errno;
    enum action action = pass(POINT(call, kind));
    int state = control->state;
    if (state == action_readonly && call != call_read && call != call_sync) {
        errno = EROFS;
        return 1;
    }
    if ((state == action_full || state == action_nameless) && grows(call)) {
        errno = control->value;
        return 1;
    }
    if (action == action_tearcrash) end();
    if (action == action_none) {
        errno = before;
        return 0;
    }
    errno = control->value;
    return 1;
}

// MARK: Names

#define MODE_OF(flags)                               \
    mode_t mode = 0;                                 \
    if (flags & (O_CREAT | O_TMPFILE)) {             \
        va_list arguments;                           \
        va_start(arguments, flags);                  \
        mode = (mode_t)va_arg(arguments, int);       \
        va_end(arguments);                           \
    }

static int open_counted(int (*really)(const char *, int, ...), const char *path, int flags, mode_t mode) {
    enum kind kind = kind_of_path(path);
    if (kind != kind_none && (flags & O_CREAT) && access(path, F_OK) != 0 && fails(call_create, kind)) return -1;
    if (kind != kind_none && (flags & O_ACCMODE) != O_RDONLY && control->state == action_readonly) {
        errno = EROFS;
        return -1;
    }
    int descriptor = really(path, flags, mode);
    if (descriptor >= 0 && descriptor < MAX_DESCRIPTORS) kind_of[descriptor] = (unsigned char)(kind + 1);
    return descriptor;
}

int open(const char *path, int flags, ...) {
    MODE_OF(flags)
    return open_counted(REAL(open), path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE_OF(flags)
    return open_counted(REAL(open64), path, flags, mode);
}

int close(int descriptor) {
    if (descriptor >= 0 && descriptor < MAX_DESCRIPTORS) kind_of[descriptor] = 0;
    return REAL(close)(descriptor);
}

int mkdir(const char *path, mode_t mode) {
    if (access(path, F_OK) != 0 && fails(call_mkdir, kind_of_path(path))) return -1;
    return REAL(mkdir)(path, mode);
}

int unlink(const char *path) { return fails(call_unlink, kind_of_path(path)) ? -1 : REAL(unlink)(path); }
int rmdir(const char *path) { return fails(call_rmdir, kind_of_path(path)) ? -1 : REAL(rmdir)(path); }
int rename(const char *from, const char *to) {
    return fails(call_rename, kind_of_path(to)) ? -1 : REAL(rename)(from, to);
}
int link(const char *from, const char *to) { return fails(call_link, kind_of_path(to)) ? -1 : REAL(link)(from, to); }

// MARK: Contents

typedef ssize_t write_at(int, const void *, size_t, off_t);

static int has_no_room(int descriptor, off_t offset, size_t count) {
    struct stat status;
    return control->state == action_full && fstat(descriptor, &status) == 0 && offset + (off_t)count > status.st_size;
}

// Half of it, in whole blocks where it has some: past the page cache nothing else can be written.
static size_t half(size_t count) { return count >= 8192 ? count / 8192 * 4096 : count / 2; }

static ssize_t write_counted(write_at *really, int descriptor, const void *bytes, size_t count, off_t offset) {
    enum kind kind = kind_of_file(descriptor);
    if (kind == kind_none) return really(descriptor, bytes, count, offset);
    enum action action = pass(POINT(call_write, kind));
    if (control->state == action_readonly || has_no_room(descriptor, offset, count)) action = action_fail;
    switch (action) {
    case action_tearcrash:
        really(descriptor, bytes, half(count), offset);
        end();
    case action_tear: return half(count) > 0 ? really(descriptor, bytes, half(count), offset) : really(descriptor, bytes, count, offset);
    case action_fail:
        errno = control->state == action_readonly ? EROFS : control->value;
        return -1;
    default: return really(descriptor, bytes, count, offset);
    }
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    return write_counted(REAL(pwrite), descriptor, bytes, count, offset);
}
ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off_t offset) {
    return write_counted(REAL(pwrite64), descriptor, bytes, count, offset);
}

static ssize_t write_here(int descriptor, const void *bytes, size_t count, off_t offset) {
    (void)offset;
    return REAL(write)(descriptor, bytes, count);
}

static int truncate_counted(int (*really)(int, off_t), int descriptor, off_t length) {
    return fails(call_truncate, kind_of_file(descriptor)) ? -1 : really(descriptor, length);
}
int ftruncate(int descriptor, off_t length) { return truncate_counted(REAL(ftruncate), descriptor, length); }
int ftruncate64(int descriptor, off_t length) { return truncate_counted(REAL(ftruncate64), descriptor, length); }

// These return the error's number.
int posix_fallocate(int descriptor, off_t offset, off_t count) {
    if (fails(call_truncate, kind_of_file(descriptor))) return errno;
    return has_no_room(descriptor, offset, (size_t)count) ? control->value : REAL(posix_fallocate)(descriptor, offset, count);
}
int posix_fallocate64(int descriptor, off_t offset, off_t count) { return posix_fallocate(descriptor, offset, count); }

int fsync(int descriptor) { return fails(call_sync, kind_of_file(descriptor)) ? -1 : REAL(fsync)(descriptor); }
int fdatasync(int descriptor) { return fails(call_sync, kind_of_file(descriptor)) ? -1 : REAL(fdatasync)(descriptor); }
int syncfs(int descriptor) { return fails(call_sync, kind_of_file(descriptor)) ? -1 : REAL(syncfs)(descriptor); }

// Files that are opened by a bare system call are known by their number alone.
static int read_fails(int descriptor) {
    if (control->armed && control->inode) {
        struct stat status;
        if (fstat(descriptor, &status) != 0 || (int64_t)status.st_ino != control->inode) return 0;
        return fails(call_read, kind_blob);
    }
    return fails(call_read, kind_of_file(descriptor));
}

ssize_t pread(int descriptor, void *bytes, size_t count, off_t offset) {
    return read_fails(descriptor) ? -1 : REAL(pread)(descriptor, bytes, count, offset);
}
ssize_t pread64(int descriptor, void *bytes, size_t count, off_t offset) {
    return read_fails(descriptor) ? -1 : REAL(pread64)(descriptor, bytes, count, offset);
}
ssize_t preadv2(int descriptor, const struct iovec *parts, int count, off_t offset, int flags) {
    return read_fails(descriptor) ? -1 : REAL(preadv2)(descriptor, parts, count, offset, flags);
}
ssize_t preadv64v2(int descriptor, const struct iovec *parts, int count, off_t offset, int flags) {
    return preadv2(descriptor, parts, count, offset, flags);
}

// MARK: Sockets

static int is_socket(int descriptor) {
    struct stat status;
    return control->armed && fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    if (kind_of_file(descriptor) != kind_none)
        return write_counted(write_here, descriptor, bytes, count, lseek(descriptor, 0, SEEK_CUR));
    if (!is_socket(descriptor)) return REAL(write)(descriptor, bytes, count);
    switch (pass(POINT_OF_STEP(step_socket))) {
    case action_tearcrash:
        REAL(write)(descriptor, bytes, half(count));
        end();
    case action_tear: return REAL(write)(descriptor, bytes, half(count) > 0 ? half(count) : count);
    case action_fail:
        errno = control->value;
        return -1;
    default: return REAL(write)(descriptor, bytes, count);
    }
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    if (kind_of_file(descriptor) != kind_none) abort();  // What is not counted must not happen unseen.
    if (!is_socket(descriptor)) return REAL(writev)(descriptor, parts, count);
    switch (pass(POINT_OF_STEP(step_socket))) {
    case action_tearcrash:
        REAL(writev)(descriptor, parts, 1);
        end();
    case action_tear: return REAL(writev)(descriptor, parts, 1);
    case action_fail:
        errno = control->value;
        return -1;
    default: return REAL(writev)(descriptor, parts, count);
    }
}

// MARK: SQLite and libcurl

enum { SQLITE_IOERR = 10, SQLITE_FULL = 13, CURLE_COULDNT_CONNECT = 7, CURLE_PARTIAL_FILE = 18 };
struct sqlite3;
struct sqlite3_stmt;
struct sqlite3_backup;
const char *sqlite3_sql(struct sqlite3_stmt *) __attribute__((weak));
struct sqlite3 *sqlite3_db_handle(struct sqlite3_stmt *) __attribute__((weak));
int sqlite3_db_readonly(struct sqlite3 *, const char *) __attribute__((weak));
int sqlite3_step(struct sqlite3_stmt *);
int sqlite3_wal_checkpoint_v2(struct sqlite3 *, const char *, int, int *, int *);
int sqlite3_backup_step(struct sqlite3_backup *, int);
struct finished {
    int message;
    void *request;
    union {
        void *whatever;
        int result;
    } data;
};
int curl_easy_perform(void *);
int curl_multi_add_handle(void *, void *);
struct finished *curl_multi_info_read(void *, int *);

// SQLite's code for what happens there; 0: nothing does.
static int refused(enum step step) {
    switch (pass(POINT_OF_STEP(step))) {
    case action_tearcrash: end();
    case action_none: return 0;
    default: return control->value == ENOSPC || control->value == EDQUOT ? SQLITE_FULL : SQLITE_IOERR;
    }
}

int sqlite3_step(struct sqlite3_stmt *statement) {
    if (control->armed && sqlite3_sql) {
        const char *text = sqlite3_sql(statement);
        // Readers, too, end their snapshots with it.
        int commits = text && strncmp(text, "COMMIT", 6) == 0 && !sqlite3_db_readonly(sqlite3_db_handle(statement), "main");
        int code = commits ? refused(step_commit) : 0;
        if (code) return code;
    }
    return REAL(sqlite3_step)(statement);
}

int sqlite3_wal_checkpoint_v2(struct sqlite3 *connection, const char *name, int mode, int *total, int *copied) {
    int code = refused(step_checkpoint);
    return code ? code : REAL(sqlite3_wal_checkpoint_v2)(connection, name, mode, total, copied);
}

int sqlite3_backup_step(struct sqlite3_backup *backup, int pages) {
    int code = refused(step_snapshot);
    return code ? code : REAL(sqlite3_backup_step)(backup, pages);
}

int curl_easy_perform(void *handle) {
    switch (pass(POINT_OF_STEP(step_request))) {
    case action_tearcrash:
        REAL(curl_easy_perform)(handle);
        end();
    case action_tear:
        REAL(curl_easy_perform)(handle);
        return CURLE_PARTIAL_FILE;
    case action_fail: return CURLE_COULDNT_CONNECT;
    default: return REAL(curl_easy_perform)(handle);
    }
}

// Of one request among several at once: what is to become of it is decided when it begins, and happens when it has ended.
static _Atomic(void *) doomed;
static _Atomic int doom;

int curl_multi_add_handle(void *multi, void *request) {
    enum action action = pass(POINT_OF_STEP(step_request));
    if (action != action_none) {
        doom = action;
        doomed = request;
    }
    return REAL(curl_multi_add_handle)(multi, request);
}

struct finished *curl_multi_info_read(void *multi, int *left) {
    struct finished *finished = REAL(curl_multi_info_read)(multi, left);
    if (!finished || !finished->request || finished->request != doomed) return finished;
    doomed = NULL;
    if (doom == action_tearcrash) end();
    finished->data.result = doom == action_tear ? CURLE_PARTIAL_FILE : CURLE_COULDNT_CONNECT;
    return finished;
}

// MARK: The wall clock

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = REAL(clock_gettime)(clock, time);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += control->clock;
    return result;
}
