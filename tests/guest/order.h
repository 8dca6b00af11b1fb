/* order.h - in which order functions ran: each says a letter, ran() compares. */
#ifndef GUEST_ORDER_H
#define GUEST_ORDER_H

#include <stdio.h>
#include <string.h>
#include <windows.h>

static char order[64];

static void say(char c)
{
    size_t n = strlen(order);
    if (n + 1 < sizeof order)
        order[n] = c, order[n + 1] = 0;
}

/* Whether the letters since the last call are these; printed if not. */
static BOOL ran(const char *expected)
{
    const BOOL same = !strcmp(order, expected);
    if (!same)
        printf("order %s, not %s\n", order, expected);
    order[0] = 0;
    return same;
}

#endif
