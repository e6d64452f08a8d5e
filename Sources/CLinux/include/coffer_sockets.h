#ifndef COFFER_SOCKETS_H
#define COFFER_SOCKETS_H

// These are not part of Swift's Glibc module.
#include <sys/epoll.h>
#include <sys/eventfd.h>

/// Bytes in the send queue of a TCP socket that its peer has not acknowledged; -1 when the kernel does not say.
int coffer_unacknowledged_bytes(int socket);

#endif
