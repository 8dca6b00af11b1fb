/* link: -loleaut32 -lole32 -luuid */
/* bstr.c - BSTR: the length in front, zeros inside, and what each function gives. */
#include <windows.h>
#include <oleauto.h>
#include <string.h>
#include "check.h"

static DWORD front(BSTR string)
{
    return ((DWORD *)string)[-1];
}

static void making(void)
{
    BSTR string = SysAllocString(L"fathom");
    CHECK(string != NULL && wcscmp(string, L"fathom") == 0);
    CHECK_EQUAL(front(string), 12);
    CHECK(SysStringLen(string) == 6 && SysStringByteLen(string) == 12);
    SysFreeString(string);
    CHECK(SysAllocString(NULL) == NULL);
    string = SysAllocString(L"");
    CHECK(string != NULL && SysStringLen(string) == 0 && string[0] == 0);
    SysFreeString(string);
    SysFreeString(NULL);
    CHECK(SysStringLen(NULL) == 0 && SysStringByteLen(NULL) == 0);
}

static void lengths(void)
{
    BSTR string = SysAllocStringLen(L"a\0bcd", 4);
    CHECK(string != NULL && SysStringLen(string) == 4 && string[4] == 0);
    CHECK(memcmp(string, L"a\0bc", 8) == 0);
    SysFreeString(string);
    string = SysAllocStringLen(NULL, 10);
    CHECK(string != NULL && front(string) == 20 && string[10] == 0);
    SysFreeString(string);
    string = SysAllocStringByteLen("seven b", 7);
    CHECK(string != NULL && front(string) == 7 && SysStringLen(string) == 3);
    CHECK(memcmp(string, "seven b\0\0", 9) == 0);
    SysFreeString(string);
    CHECK(SysAllocStringLen(NULL, 0x80000000u) == NULL);
    CHECK(SysAllocStringLen(NULL, 0xFFFFFFFFu) == NULL);
    CHECK(SysAllocStringByteLen(NULL, 0xFFFFFFFCu) == NULL);
}

static void again(void)
{
    BSTR string = NULL;
    CHECK(SysReAllocString(&string, L"first") && wcscmp(string, L"first") == 0);
    CHECK(SysReAllocString(&string, L"second one") && SysStringLen(string) == 10);
    CHECK(SysReAllocStringLen(&string, string, 6) && wcscmp(string, L"second") == 0);
    CHECK(SysStringLen(string) == 6);
    CHECK(SysReAllocStringLen(&string, NULL, 100) && SysStringLen(string) == 100);
    CHECK(memcmp(string, L"second", 12) == 0 && string[100] == 0);
    SysFreeString(string);
}

/* Other people's BSTRs are freed by us, and the other way about: one memory for all. */
static void memory(void)
{
    IMalloc *allocator;
    BSTR string = SysAllocStringByteLen(NULL, 5000);
    CHECK(CoGetMalloc(1, &allocator) == S_OK && string != NULL);
    CHECK(HeapValidate(GetProcessHeap(), 0, (DWORD *)string - 1));
    CHECK(HeapSize(GetProcessHeap(), 0, (DWORD *)string - 1) >= 5006);
    CHECK_EQUAL(allocator->lpVtbl->DidAlloc(allocator, (DWORD *)string - 1), 1);
    SysFreeString(string);
}

int main(void)
{
    making();
    lengths();
    again();
    memory();
    return 0;
}
