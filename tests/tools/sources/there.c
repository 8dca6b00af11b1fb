/* there.c - a DLL that faults, and one that keeps what it allocates. */
#include <stdlib.h>

static char *volatile kept[3];

__declspec(dllexport) void fault_there(int *place)
{
    *place = 1; /* LINE there */
}

__declspec(dllexport) void keep_there(int count)
{
    for (int i = 0; i < count; i++)
        kept[i] = malloc(11); /* LINE keep */
}
