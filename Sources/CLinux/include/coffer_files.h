#ifndef COFFER_FILES_H
#define COFFER_FILES_H

#include <sys/types.h>

/// Creates a file that must not exist yet, for writing, mode 0600. With `direct` it bypasses the page cache where the
/// file system can; `*is_direct` says whether it does. Returns a descriptor, or -1 with errno set.
int coffer_create_file(const char *path, int direct, int *is_direct);

/// Writes through the page cache from now on. Returns 0, or -1 with errno set.
int coffer_clear_direct(int descriptor);

/// Opens a file for reading if that takes no look at a device: all names of the path are in the kernel's cache. Returns a
/// descriptor, or -1 with errno set: EAGAIN when it would have to wait; ENOSYS, EINVAL or EPERM where the kernel, or who
/// confines it, does not know the call.
int coffer_open_cached(const char *path);

/// Reads what the page cache has, and waits for no device. Returns the number of bytes, or -1 with errno set: EAGAIN when
/// the first byte is not in the cache; EOPNOTSUPP, ENOSYS or EINVAL where the file system or the kernel cannot tell.
ssize_t coffer_read_cached(int descriptor, void *bytes, size_t count, off_t offset);

/// Makes a directory with `mode`, and with mode 0755 those above it that are missing, all less what the umask takes away.
/// When this returns 0 the new names survive a power cut. What is there already, whatever it is, stays as it is. Returns
/// an errno otherwise.
int coffer_make_directories(const char *path, unsigned int mode);

/// Makes everything durable that was written to the file system of an open file, names too. Returns 0, or -1 with errno set.
int coffer_sync_file_system(int descriptor);

#endif
