#ifndef COFFER_CLINUX_H
#define COFFER_CLINUX_H

#include "coffer_files.h"
#include "coffer_process.h"
#include "coffer_sockets.h"

#include "Checksums.h"
#include "XXHash.h"
#include "coffer_argon2id.h"
#include "coffer_highway.h"
#include "coffer_inflate.h"
#include "coffer_md5.h"

#endif
