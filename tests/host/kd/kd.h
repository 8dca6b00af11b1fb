/* kd.h - what a pure part needs of kd, for the host. */
#ifndef FATHOM_TEST_KD_H
#define FATHOM_TEST_KD_H

#include <assert.h>

#define ASSERT assert
#define KD_TRACE(name, ...)                                                              \
    do {                                                                                 \
        const ULONG fields[] = {__VA_ARGS__};                                            \
        (void)fields;                                                                    \
    } while (0)

#endif
