/* kd.h - what region.c may use of kd, for the host. */
#ifndef LAB_KD_H
#define LAB_KD_H
#include <assert.h>
#define ASSERT(condition) assert(condition)
#endif
