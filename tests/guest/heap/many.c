/* many.c - more heaps than the PEB's own list has room for. */
#include <windows.h>
#include "check.h"

#define COUNT 2000

static HANDLE heaps[COUNT], told[COUNT + 10];

int main(void)
{
    const DWORD before = GetProcessHeaps(0, NULL);

    for (int i = 0; i < COUNT; i++) {
        CHECK((heaps[i] = HeapCreate(0, 0, 0)) != NULL);
        CHECK_EQUAL(GetProcessHeaps(0, NULL), before + i + 1);
    }
    CHECK_EQUAL(GetProcessHeaps(COUNT + 10, told), before + COUNT);
    for (int i = 0; i < COUNT; i++)
        CHECK(told[before + i] == heaps[i]);
    for (int i = 0; i < COUNT; i += 2)
        CHECK(HeapDestroy(heaps[i]));
    CHECK_EQUAL(GetProcessHeaps(0, NULL), before + COUNT / 2);
    CHECK(HeapValidate(GetProcessHeap(), 0, NULL));
    return 0;
}
