#ifndef COFFER_SOCKETS_H
#define COFFER_SOCKETS_H

// These are not part of Swift's Glibc module.
#include <sys/epoll.h>
#include <sys/eventfd.h>

#endif
