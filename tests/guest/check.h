/* check.h - what a guest test needs: a check that names its line and ends the program. */
#ifndef GUEST_CHECK_H
#define GUEST_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                 \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            printf("not true, %s line %d: %s\n", __FILE__, __LINE__, #condition);        \
            fflush(stdout);                                                              \
            exit(1);                                                                     \
        }                                                                                \
    } while (0)

#define CHECK_EQUAL(left, right)                                                         \
    do {                                                                                 \
        unsigned long left_ = (unsigned long)(left), right_ = (unsigned long)(right);    \
        if (left_ != right_) {                                                           \
            printf("line %d: %s is %lx, not %lx\n", __LINE__, #left, left_, right_);     \
            fflush(stdout);                                                              \
            exit(1);                                                                     \
        }                                                                                \
    } while (0)

#endif
