/* spy.h - an IMallocSpy that keeps what it saw: each block of task memory made and freed,
 * its size, and by whom, as the stack tells.
 *
 * The functions' names come from fathom.dll; where that is not, from module and offset.
 */
#ifndef USER_SPY_H
#define USER_SPY_H

#include <windows.h>
#include <objbase.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <cxxabi.h>

/* "ole32!CoTaskMemAlloc", of an address in it. */
static std::string name_of(void *address)
{
    using symbol_function = LONG(WINAPI *)(ULONG_PTR, char *, ULONG);
    static const auto symbol = (symbol_function)(void *)GetProcAddress(
        LoadLibraryA("fathom.dll"), "FathomSymbol");
    char text[512] = "";
    HMODULE module = nullptr;
    if (symbol && symbol((ULONG_PTR)address, text, sizeof text) >= 0) {
        std::string whole(text, std::strcspn(text, "+"));
        const size_t bang = whole.find('!');
        int status = 0;
        char *plain = bang == whole.npos ? nullptr
                                         : abi::__cxa_demangle(&whole[bang + 1], nullptr,
                                                               nullptr, &status);
        if (plain)
            whole.replace(bang + 1, whole.npos, plain, std::strcspn(plain, "("));
        std::free(plain);
        return whole;
    }
    GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                           GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                       (LPCSTR)address, &module);
    char path[MAX_PATH] = "";
    GetModuleFileNameA(module, path, sizeof path);
    const char *last = std::strrchr(path, '\\');
    std::snprintf(text, sizeof text, "%s+%x", last ? last + 1 : path,
                  (unsigned)((char *)address - (char *)module));
    return text;
}

/* What was done with one block, and the functions that did it, outermost first. */
struct deed {
    void *block;
    SIZE_T size;
    char by[240];
};

struct ledger {
    unsigned allocated, freed, live, elsewhere; /* elsewhere: in no default heap */
    deed made[8], gone[8];
};

class spy final : public IMallocSpy
{
    SIZE_T asked = 0;

    /* Of the hook's callers, without those that started the thread. */
    static void __attribute__((noinline)) note(deed &what, void *block, SIZE_T size)
    {
        void *frames[16];
        std::string by;
        const unsigned count = RtlCaptureStackBackTrace(2, 16, frames, nullptr);
        for (unsigned i = 0; i < count; i++) {
            const std::string name = name_of(frames[i]);
            if (name.find("!main") != name.npos || name.find("__tmain") != name.npos ||
                name.compare(0, 8, "kernel32") == 0 || name.compare(0, 5, "ntdll") == 0)
                break;
            by = by.empty() ? name : name + " > " + by;
        }
        what.block = block;
        what.size = size;
        std::snprintf(what.by, sizeof what.by, "%s", by.c_str());
    }

  public:
    ledger seen{};
    unsigned fail_at = 0; /* the n-th allocation from now on fails, once */

    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID, void **object) override
    {
        *object = this;
        return S_OK;
    }
    ULONG STDMETHODCALLTYPE AddRef() override
    {
        return 2;
    }
    ULONG STDMETHODCALLTYPE Release() override
    {
        return 1;
    }
    SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T size) override
    {
        if (fail_at && --fail_at == 0)
            return 0;
        return asked = size;
    }
    void *STDMETHODCALLTYPE PostAlloc(void *block) override
    {
        if (block) {
            note(seen.made[seen.allocated++ % 8], block, asked);
            seen.live++;
            seen.elsewhere += !HeapValidate(GetProcessHeap(), 0, block);
        }
        return block;
    }
    void *STDMETHODCALLTYPE PreFree(void *block, BOOL spied) override
    {
        if (spied) {
            note(seen.gone[seen.freed++ % 8], block, 0);
            seen.live--;
        }
        return block;
    }
    void STDMETHODCALLTYPE PostFree(BOOL) override
    {
    }
    SIZE_T STDMETHODCALLTYPE PreRealloc(void *block, SIZE_T size, void **real,
                                        BOOL) override
    {
        *real = block;
        return size;
    }
    void *STDMETHODCALLTYPE PostRealloc(void *block, BOOL) override
    {
        return block;
    }
    void *STDMETHODCALLTYPE PreGetSize(void *block, BOOL) override
    {
        return block;
    }
    SIZE_T STDMETHODCALLTYPE PostGetSize(SIZE_T size, BOOL) override
    {
        return size;
    }
    void *STDMETHODCALLTYPE PreDidAlloc(void *block, BOOL) override
    {
        return block;
    }
    int STDMETHODCALLTYPE PostDidAlloc(void *, BOOL, int actual) override
    {
        return actual;
    }
    void STDMETHODCALLTYPE PreHeapMinimize() override
    {
    }
    void STDMETHODCALLTYPE PostHeapMinimize() override
    {
    }
};

#endif
