#include "coffer_sockets.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

int coffer_unacknowledged_bytes(int socket) {
    int count = 0;
    return ioctl(socket, SIOCOUTQ, &count) == 0 ? count : -1;
}
