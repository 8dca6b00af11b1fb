/* kinds.c - one page fault of each kind: a page that was promised, one of an image that is
 * written (the process gets a copy), one of a view, a guard page, one that is only
 * reserved; and a loop over promised pages.
 */
#include <windows.h>

#define PAGE 4096

__attribute__((aligned(PAGE))) static char data[3 * PAGE] = {1}; /* of the image's file */
static char *reserved;

static LONG CALLBACK go_on(EXCEPTION_POINTERS *what)
{
    if (what->ExceptionRecord->ExceptionCode == STATUS_ACCESS_VIOLATION)
        VirtualAlloc(reserved, PAGE, MEM_COMMIT, PAGE_READWRITE);
    return EXCEPTION_CONTINUE_EXECUTION;
}

int main(void)
{
    volatile char *promised = VirtualAlloc(NULL, 8 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    volatile char *guarded =
        VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
    HANDLE section =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE, NULL);
    volatile char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    reserved = VirtualAlloc(NULL, 16 * PAGE, MEM_RESERVE, PAGE_READWRITE);
    AddVectoredExceptionHandler(1, go_on);
    data[PAGE] = 2;
    *view = 3;
    *guarded = 4;
    *(volatile char *)reserved = 5;
    for (int i = 0; i < 8; i++)
        promised[i * PAGE] = 6;
    return 0;
}
