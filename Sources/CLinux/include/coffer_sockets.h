#ifndef COFFER_SOCKETS_H
#define COFFER_SOCKETS_H

// epoll is not part of Swift's Glibc module.
#include <sys/epoll.h>

#endif
