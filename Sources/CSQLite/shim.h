#ifndef COFFER_CSQLITE_SHIM_H
#define COFFER_CSQLITE_SHIM_H

#include <sqlite3.h>

// Swift cannot call functions with variable arguments.

// Has to come before any other call of the library in this process; else it changes nothing and says SQLITE_MISUSE.
static inline int coffer_sqlite3_config_memory_statistics(int isOn) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, isOn);
}

// The close of a database's last connection then neither copies the log into the database nor removes it.
static inline int coffer_sqlite3_keep_log_when_closed(sqlite3 *database) {
    return sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
}

#endif
