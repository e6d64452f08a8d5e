#ifndef COFFER_CLINUX_H
#define COFFER_CLINUX_H

#include "Checksums.h"

#endif
