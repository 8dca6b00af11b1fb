/* stdclasses.h - what stdclasses.c, rtti.c and throw.c share: the classes' layouts. */
#ifndef FATHOM_STDCLASSES_H
#define FATHOM_STDCLASSES_H

#include "msvcrt/crt.h"

struct exception_object {
    const void *const *table;
    const char *text;
    int owned; /* text is the object's, a block of malloc */
};

struct type_info {
    const void *const *table;
    void *undecorated; /* what name() made; NULL: nothing yet */
    char name[32];     /* as the compiler decorates it; as long as it is */
};

extern const void *const exception_table[2],
    *const bad_cast_table[2], *const bad_typeid_table[2], *const non_rtti_table[2],
                                                              *const type_info_table[1];
int __thiscall type_equal(const struct type_info *, const struct type_info *);

#endif
