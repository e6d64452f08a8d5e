#ifndef COFFER_CSQLITE_SHIM_H
#define COFFER_CSQLITE_SHIM_H

#include <sqlite3.h>

// Swift cannot call functions with variable arguments.

// Has to come before any other call of the library in this process; else it changes nothing and says SQLITE_MISUSE.
static inline int coffer_sqlite3_config_memory_statistics(int isOn) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, isOn);
}

#endif
