/* link: -lole32 -luuid */
/* taskmem.c - task memory: CoTaskMem*, IMalloc, and whose heap it is. */
#define COBJMACROS
#include <windows.h>
#include <objbase.h>
#include <string.h>
#include "check.h"

static void functions(void)
{
    char *block = CoTaskMemAlloc(100);
    CHECK(block != NULL && HeapValidate(GetProcessHeap(), 0, block));
    CHECK_EQUAL(HeapSize(GetProcessHeap(), 0, block), 100);
    strcpy(block, "kept");
    block = CoTaskMemRealloc(block, 10000);
    CHECK(block != NULL && strcmp(block, "kept") == 0);
    CHECK(CoTaskMemRealloc(block, 0) == NULL);
    CHECK(!HeapValidate(GetProcessHeap(), 0, block)); /* it was freed */
    CoTaskMemFree(NULL);
    block = CoTaskMemRealloc(NULL, 10);
    CHECK(block != NULL);
    CoTaskMemFree(block);
    block = CoTaskMemRealloc(NULL, 0); /* as CoTaskMemAlloc(0): a block of its own */
    char *other = CoTaskMemAlloc(0);
    CHECK(block != NULL && other != NULL && block != other);
    CHECK_EQUAL(HeapSize(GetProcessHeap(), 0, block), 0);
    CoTaskMemFree(block);
    CoTaskMemFree(other);
    CHECK(CoTaskMemAlloc(0x7FFFFFFF) == NULL);
    block = CoTaskMemAlloc(7); /* C4: a call that fails changes no block */
    strcpy(block, "kept");
    CHECK(CoTaskMemRealloc(block, 0x7FFFFFFF) == NULL && strcmp(block, "kept") == 0);
    CHECK_EQUAL(HeapSize(GetProcessHeap(), 0, block), 7);
    CoTaskMemFree(block);
}

static void object(void)
{
    IMalloc *allocator, *again;
    IUnknown *unknown;
    allocator = (IMalloc *)&again;
    CHECK(CoGetMalloc(2, &allocator) == E_INVALIDARG && allocator == NULL);
    CHECK(CoGetMalloc(1, NULL) == E_INVALIDARG && CoGetMalloc(2, NULL) == E_INVALIDARG);
    CHECK(CoGetMalloc(1, &allocator) == S_OK && CoGetMalloc(1, &again) == S_OK);
    CHECK(allocator == again);
    CHECK(IMalloc_QueryInterface(allocator, &IID_IUnknown, (void **)&unknown) == S_OK);
    CHECK((IMalloc *)unknown == allocator);
    CHECK(IMalloc_QueryInterface(allocator, &IID_IClassFactory, (void **)&unknown) ==
          E_NOINTERFACE);
    CHECK(unknown == NULL);
    CHECK(IMalloc_QueryInterface(allocator, &IID_IMalloc, NULL) == E_POINTER);
    char *block = IMalloc_Alloc(allocator, 50);
    CHECK(block != NULL && IMalloc_GetSize(allocator, block) == 50);
    CHECK(IMalloc_DidAlloc(allocator, block) == 1);
    CHECK(IMalloc_DidAlloc(allocator, NULL) == -1);
    CHECK(IMalloc_GetSize(allocator, NULL) == (SIZE_T)-1);
    block = IMalloc_Realloc(allocator, block, 500);
    CHECK(block != NULL && IMalloc_GetSize(allocator, block) == 500);
    char *gone = IMalloc_Alloc(allocator, 3000);
    CHECK(gone != NULL && IMalloc_Realloc(allocator, gone, 0) == NULL);
    CHECK_EQUAL(IMalloc_DidAlloc(allocator, gone), 0);
    /* One memory: a block of the object may be freed by the function. */
    CoTaskMemFree(block);
    block = CoTaskMemAlloc(20);
    IMalloc_Free(allocator, block);
    IMalloc_HeapMinimize(allocator);
    CHECK(IMalloc_AddRef(allocator) > 0);
    for (int i = 0; i < 5; i++) /* C3: more often than anybody has it */
        CHECK(IMalloc_Release(allocator) > 0);
    CHECK(CoGetMalloc(1, &again) == S_OK && again == allocator);
    block = IMalloc_Alloc(again, 0);
    CHECK(block != NULL && IMalloc_GetSize(again, block) == 0);
    CHECK(IMalloc_Realloc(again, block, 0) == NULL);
    block = IMalloc_Realloc(again, NULL, 0);
    CHECK_EQUAL(IMalloc_DidAlloc(again, block), 1);
    IMalloc_Free(again, block);
    IMalloc_Free(again, NULL);
}

static void apartment(void)
{
    CHECK(CoInitialize(NULL) == S_OK && CoInitialize(NULL) == S_FALSE);
    CHECK(CoInitializeEx(NULL, COINIT_MULTITHREADED) == RPC_E_CHANGED_MODE);
    CoUninitialize();
    CoUninitialize();
    CHECK(CoInitializeEx(NULL, COINIT_MULTITHREADED) == S_OK);
    CoUninitialize();
}

static void guids(void)
{
    WCHAR text[40];
    GUID guid, other;
    LPOLESTR made;
    CHECK(StringFromGUID2(&IID_IUnknown, text, 40) == 39);
    CHECK(lstrcmpW(text, L"{00000000-0000-0000-C000-000000000046}") == 0);
    CHECK(StringFromGUID2(&IID_IUnknown, text, 38) == 0);
    CHECK(CLSIDFromString(L"{01234567-89aB-cDEF-0123-456789abcdef}", &guid) == S_OK);
    CHECK(guid.Data1 == 0x01234567 && guid.Data2 == 0x89AB && guid.Data4[7] == 0xEF);
    CHECK(StringFromCLSID(&guid, &made) == S_OK && lstrlenW(made) == 38);
    CHECK(CLSIDFromString(made, &other) == S_OK &&
          memcmp(&guid, &other, sizeof(guid)) == 0);
    CoTaskMemFree(made);
    CHECK(CoCreateGuid(&guid) == S_OK && CoCreateGuid(&other) == S_OK);
    CHECK(memcmp(&guid, &other, sizeof(guid)) != 0);
}

int main(void)
{
    functions();
    object();
    apartment();
    guids();
    return 0;
}
