/* link: -lole32 -luuid */
/* rules.c - what Microsoft's pages say of task memory, IMalloc and CoInitializeEx. */
#define COBJMACROS
#include <windows.h>
#include <objbase.h>
#include <string.h>
#include "documented.h"

static void functions(void)
{
    const HANDLE heap = GetProcessHeap();
    char *block = CoTaskMemAlloc(100);
    documented("CoTaskMemAlloc", "it allocates in the process's default heap", SAME,
               block && HeapValidate(heap, 0, block));
    CoTaskMemFree(block);
    block = CoTaskMemAlloc(0);
    documented("CoTaskMemAlloc", "a size of 0: a zero-length item, a valid pointer to it",
               SAME, block && HeapSize(heap, 0, block) == 0);
    CoTaskMemFree(block);
    documented("CoTaskMemAlloc", "without memory it returns NULL", SAME,
               CoTaskMemAlloc(0x7FFFFFFF) == NULL);
    block = CoTaskMemRealloc(NULL, 40);
    documented("CoTaskMemRealloc", "a NULL pointer: allocates as CoTaskMemAlloc does",
               SAME, block && HeapSize(heap, 0, block) == 40);
    strcpy(block, "contents");
    block = CoTaskMemRealloc(block, 100000);
    documented("CoTaskMemRealloc", "contents are unchanged up to the smaller size", SAME,
               block && strcmp(block, "contents") == 0);
    documented(
        "CoTaskMemRealloc", "without memory: NULL, and the block is unchanged", SAME,
        CoTaskMemRealloc(block, 0x7FFFFFFF) == NULL && strcmp(block, "contents") == 0);
    documented("CoTaskMemRealloc", "size 0: the memory is freed, NULL is returned", SAME,
               CoTaskMemRealloc(block, 0) == NULL);
    CoTaskMemFree(NULL);
    documented("CoTaskMemFree", "a NULL pointer has no effect", SAME,
               HeapValidate(heap, 0, NULL));
}

static void allocator(void)
{
    IMalloc *one = NULL, *two = NULL, *none = (IMalloc *)1;
    documented("CoGetMalloc", "dwMemContext 1 gives the default OLE allocator", SAME,
               CoGetMalloc(1, &one) == S_OK && one);
    documented("CoGetMalloc", "the same pointer to every caller", SAME,
               CoGetMalloc(1, &two) == S_OK && one == two);
    documented("CoGetMalloc", "any other value: E_INVALIDARG", SAME,
               CoGetMalloc(0, &none) == E_INVALIDARG &&
                   CoGetMalloc(2, &none) == E_INVALIDARG &&
                   CoGetMalloc(3, &none) == E_INVALIDARG &&
                   CoGetMalloc(0xFFFFFFFF, &none) == E_INVALIDARG);
    char *block = IMalloc_Alloc(one, 60), on_stack[8];
    documented("IMalloc::Alloc", "the memory is task memory: CoTaskMemFree can free it",
               SAME, block && HeapValidate(GetProcessHeap(), 0, block));
    documented("IMalloc::GetSize", "at least the size that was asked for", SAME,
               IMalloc_GetSize(one, block) >= 60);
    documented("IMalloc::GetSize", "of NULL: -1", SAME,
               IMalloc_GetSize(one, NULL) == (SIZE_T)-1);
    documented("IMalloc::DidAlloc", "1: it was allocated by this allocator", SAME,
               IMalloc_DidAlloc(one, block) == 1);
    documented("IMalloc::DidAlloc", "0: it was not", SAME,
               IMalloc_DidAlloc(one, on_stack) == 0 &&
                   IMalloc_DidAlloc(one, (void *)0x12345678) == 0);
    documented("IMalloc::DidAlloc", "of NULL: -1", SAME,
               IMalloc_DidAlloc(one, NULL) == -1);
    strcpy(block, "contents");
    block = IMalloc_Realloc(one, block, 6000);
    documented("IMalloc::Realloc", "contents are unchanged up to the smaller size", SAME,
               block && strcmp(block, "contents") == 0);
    IMalloc_Free(one, block);
    documented("IMalloc::DidAlloc", "a freed block is not one of its own", SAME,
               IMalloc_DidAlloc(one, block) == 0);
    documented("IMalloc::Realloc", "a NULL pointer: as Alloc", SAME,
               (block = IMalloc_Realloc(one, NULL, 10)) != NULL);
    documented("IMalloc::Realloc", "size 0: freed, and NULL", SAME,
               IMalloc_Realloc(one, block, 0) == NULL);
    block = IMalloc_Alloc(one, 0);
    documented("IMalloc::Alloc", "size 0: a zero-length item, a valid pointer to it",
               SAME, block != NULL);
    IMalloc_Free(one, block);
    IMalloc_Free(one, NULL);
    IMalloc_HeapMinimize(one);
    documented("IMalloc::HeapMinimize", "unused memory goes back to the system", SAME,
               HeapValidate(GetProcessHeap(), 0, NULL));
}

static DWORD WINAPI elsewhere(void *result)
{
    void *none = &none;
    *(HRESULT *)result =
        CoCreateInstance(&IID_NULL, NULL, CLSCTX_LOCAL_SERVER, &IID_IUnknown, &none);
    return none == NULL;
}

static void apartment(void)
{
    HRESULT other = 0;
    documented("CoInitializeEx", "S_OK: initialized on this thread", SAME,
               CoInitializeEx(NULL, COINIT_APARTMENTTHREADED) == S_OK);
    documented("CoInitializeEx", "S_FALSE: already initialized on this thread", SAME,
               CoInitialize(NULL) == S_FALSE);
    documented("CoInitializeEx",
               "RPC_E_CHANGED_MODE: a previous call had the other model", SAME,
               CoInitializeEx(NULL, COINIT_MULTITHREADED) == RPC_E_CHANGED_MODE);
    documented("CoInitializeEx", "the reserved parameter must be NULL", SAME,
               CoInitializeEx(&other, COINIT_APARTMENTTHREADED) == E_INVALIDARG);
    CoUninitialize();
    documented("CoUninitialize", "each successful call, S_FALSE included, is balanced",
               SAME, CoInitializeEx(NULL, COINIT_MULTITHREADED) == RPC_E_CHANGED_MODE);
    CoUninitialize();
    documented("CoInitializeEx", "after the last CoUninitialize either model can be set",
               SAME, CoInitializeEx(NULL, COINIT_MULTITHREADED) == S_OK);
    CoUninitialize();
    CoUninitialize();
    HANDLE thread = CreateThread(NULL, 0, elsewhere, &other, 0, NULL);
    DWORD null = 0;
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &null);
    CloseHandle(thread);
    documented("CoCreateInstance", "CO_E_NOTINITIALIZED where nobody called CoInitialize",
               SAME, other == CO_E_NOTINITIALIZED);
    documented("CoCreateInstance", "on failure *ppv is NULL", SAME, null == 1);
    documented("CoGetMalloc", "needs no CoInitialize", SAME,
               CoGetMalloc(1, &(IMalloc *){NULL}) == S_OK);
}

int main(void)
{
    functions();
    allocator();
    apartment();
    return undocumented();
}
