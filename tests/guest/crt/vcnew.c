/* vcnew.c - Visual C++'s operator new of msvcrt.dll throws std::bad_alloc without memory: an
 * exception E06D7363h whose parameters name the type.  (Wine's msvcrt returns null, as the
 * runtime of Visual C++ 6 did; the documented operator new throws.) */
#include <windows.h>
#include <setjmp.h>
#include <string.h>
#include "check.h"

static jmp_buf place;
static volatile DWORD parameters, magic;
static char type_name[32];

/* ThrowInfo +0Ch: the types { count, first ... }; a type's +4: type_info, name at +8. */
static LONG CALLBACK on_exception(EXCEPTION_POINTERS *pointers)
{
    EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    if (record->ExceptionCode != 0xE06D7363)
        return EXCEPTION_CONTINUE_SEARCH;
    parameters = record->NumberParameters;
    magic = record->ExceptionInformation[0];
    char *info = (char *)record->ExceptionInformation[2];
    char **types = *(char ***)(info + 12);
    char *type = *(char **)(types[1] + 4);
    strncpy(type_name, type + 8, sizeof(type_name) - 1);
    longjmp(place, 1);
}

int main(void)
{
    HMODULE crt = GetModuleHandleA("msvcrt.dll");
    void *(*new)(size_t) = (void *)GetProcAddress(crt, "??2@YAPAXI@Z");
    void (*delete)(void *) = (void *)GetProcAddress(crt, "??3@YAXPAX@Z");
    CHECK(new != NULL &&delete != NULL);
    void *first = new (0), *second = new (0);
    CHECK(first != NULL && second != NULL && first != second);
    delete (first);
    delete (second);
    delete (NULL);
    void *(*array)(size_t) = (void *)GetProcAddress(crt, "??_U@YAPAXI@Z");
    void (*delete_array)(void *) = (void *)GetProcAddress(crt, "??_V@YAXPAX@Z");
    void *(*quiet)(size_t, const void *) =
        (void *)GetProcAddress(crt, "??2@YAPAXIABUnothrow_t@std@@@Z");
    CHECK(array != NULL && delete_array != NULL && quiet != NULL);
    delete_array(array(100));
    AddVectoredExceptionHandler(1, on_exception);
    volatile size_t huge = 0x7FFF0000;
    CHECK(quiet(huge, "") == NULL);
    if (setjmp(place) == 0) {
        new (huge);
        CHECK(0);
    }
    CHECK(parameters == 3 && magic == 0x19930520);
    CHECK(strcmp(type_name, ".?AVbad_alloc@std@@") == 0);
    return 0;
}
