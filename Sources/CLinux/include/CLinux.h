#ifndef COFFER_CLINUX_H
#define COFFER_CLINUX_H

#endif
