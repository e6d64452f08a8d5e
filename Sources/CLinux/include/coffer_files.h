#ifndef COFFER_FILES_H
#define COFFER_FILES_H

/// Creates a file that must not exist yet, for writing, mode 0600. With `direct` it bypasses the page cache where the
/// file system can; `*is_direct` says whether it does. Returns a descriptor, or -1 with errno set.
int coffer_create_file(const char *path, int direct, int *is_direct);

/// Writes through the page cache from now on. Returns 0, or -1 with errno set.
int coffer_clear_direct(int descriptor);

#endif
