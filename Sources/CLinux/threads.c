#include "coffer_threads.h"

#include <pthread.h>

void coffer_name_thread(const char *name) {
    pthread_setname_np(pthread_self(), name);
}
