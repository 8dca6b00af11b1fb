/* damaged.c - DLLs with anything wrong in them: LoadLibrary says no, or yes, and nothing
 * else happens.  Bytes of the file's headers, directories and tables are changed, from a
 * fixed seed.
 */
#include "makedll.h"

static struct dll whole, d;
static unsigned int state = 7;

static unsigned int next(unsigned int below)
{
    state = state * 1664525 + 1013904223;
    return (state >> 8) % below;
}

static BOOL WINAPI entry(PVOID base, DWORD reason, PVOID reserved)
{
    (void)base, (void)reason, (void)reserved;
    return TRUE;
}

static void make_whole(void)
{
    dll_begin(&whole, 0x23000000);
    dll_entry(&whole, entry);
    DWORD slot = dll_import(&whole, "kernel32.dll", "HeapAlloc", 0);
    dll_import(&whole, "ntdll.dll", "RtlFreeHeap", 0);
    dll_export(&whole, "slot", dll_reads(&whole, slot));
    dll_export(&whole, "f", dll_returns(&whole, 1));
    dll_forward(&whole, "fwd", "KERNEL32.HeapSize");
    dll_tls(&whole, "data", 4, NULL);
    dll_finish(&whole, "whole.dll");
}

/* Load, ask for each export, unload.  Its entry point and
 * TLS callbacks are taken out: what they would do is no business of the loader's. */
static BOOL attempt(DWORD size)
{
    IMAGE_NT_HEADERS32 *nt = (IMAGE_NT_HEADERS32 *)(d.image + 0x80);
    nt->OptionalHeader.AddressOfEntryPoint = 0;
    nt->OptionalHeader.DataDirectory[9].VirtualAddress = whole.tls;
    *(DWORD *)(d.image + whole.tls + 12) = 0;
    dll_save(&d, "damaged.dll", size);
    HMODULE module = LoadLibraryA("damaged.dll");
    if (!module)
        return FALSE;
    GetProcAddress(module, "slot");
    GetProcAddress(module, "fwd");
    GetProcAddress(module, (char *)2);
    CHECK(FreeLibrary(module));
    return TRUE;
}

static void truncated(void)
{
    for (DWORD size = 0; size < DLL_SIZE; size += size < 0x400 ? 61 : 0x333) {
        d = whole;
        attempt(size);
    }
}

/* One field of the headers wrong. */
static void headers(void)
{
    IMAGE_NT_HEADERS32 *nt = (IMAGE_NT_HEADERS32 *)(d.image + 0x80);
    d = whole;
    CHECK(attempt(DLL_SIZE));
    d = whole;
    d.image[0] = 'Z';
    CHECK(!attempt(DLL_SIZE) && GetLastError() == ERROR_BAD_EXE_FORMAT);
    d = whole;
    nt->Signature = IMAGE_OS2_SIGNATURE;
    CHECK(!attempt(DLL_SIZE) && GetLastError() == ERROR_BAD_EXE_FORMAT);
    d = whole;
    nt->FileHeader.Machine = IMAGE_FILE_MACHINE_AMD64;
    CHECK(!attempt(DLL_SIZE) && GetLastError() == ERROR_BAD_EXE_FORMAT);
}

/* A few bytes of the directories' data wrong, many times over. */
static void tables(void)
{
    DWORD begin = whole.used - 0x300;
    int loaded = 0;
    for (int i = 0; i < 150; i++) {
        d = whole;
        for (int k = 0; k < 3; k++)
            d.image[begin + next(0x300)] = (unsigned char)next(256);
        loaded += attempt(DLL_SIZE);
    }
    CHECK(loaded > 0);
    for (int i = 0; i < 100; i++) {
        d = whole;
        for (int k = 0; k < 2; k++)
            d.image[next(0x200)] = (unsigned char)next(256);
        attempt(DLL_SIZE);
    }
}

/* A TLS directory whose sizes wrap around, or whose data go on after the image's end. */
static void tls_sizes(void)
{
    static const struct {
        DWORD start, raw, zeros;
    } wrong[] = {{0x23000000, 0x800, 0xFFFFF7F8},
                 {0x23000000, 0x800, 0xFFFFFFFF},
                 {0x23000000 + DLL_SIZE - 4, DLL_SIZE, 0},
                 {0x23000000 + DLL_SIZE, 4, 0},
                 {0x7FFE0000, 0x7FFFFFFF, 0}};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        d = whole;
        DWORD *directory = (DWORD *)(d.image + whole.tls);
        directory[0] = wrong[i].start;
        directory[1] = wrong[i].start + wrong[i].raw;
        directory[4] = wrong[i].zeros;
        CHECK(attempt(DLL_SIZE));
    }
}

int main(void)
{
    make_whole();
    truncated();
    headers();
    tables();
    tls_sizes();
    d = whole;
    CHECK(attempt(DLL_SIZE));
    return 0;
}
