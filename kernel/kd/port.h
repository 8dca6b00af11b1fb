/* port.h - in and out, and the control registers, for the ground floor. */
#ifndef FATHOM_PORT_H
#define FATHOM_PORT_H

#include "ntos.h"

static inline void KdOut8(USHORT port, UCHAR value)
{
    __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}
static inline UCHAR KdIn8(USHORT port)
{
    UCHAR value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}
static inline void KdOut16(USHORT port, USHORT value)
{
    __asm__ volatile("outw %0, %1" ::"a"(value), "Nd"(port));
}

#define KD_READ_CR(number)                                                               \
    ({                                                                                   \
        ULONG value;                                                                     \
        __asm__ volatile("mov %%cr" #number ", %0" : "=r"(value));                       \
        value;                                                                           \
    })

#endif
