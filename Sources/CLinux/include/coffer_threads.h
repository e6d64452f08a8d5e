#ifndef COFFER_THREADS_H
#define COFFER_THREADS_H

/// Names the calling thread for debuggers and `top`; 15 bytes are shown.
void coffer_name_thread(const char *name);

#endif
