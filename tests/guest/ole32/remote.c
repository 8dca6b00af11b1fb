/* link: -lole32 -luuid */
/* remote.c - user/comout: [out] parameters between processes; and classes not served. */
#include <windows.h>
#include <objbase.h>
#include "check.h"

static const CLSID nobody = {0x12345678, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};

int main(void)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION made;
    DWORD code = 0;
    void *object = &object;
    CHECK_EQUAL(
        CoCreateInstance(&nobody, NULL, CLSCTX_LOCAL_SERVER, &IID_IUnknown, &object),
        CO_E_NOTINITIALIZED);
    CHECK(object == NULL && CoInitialize(NULL) == S_OK);
    CHECK_EQUAL(
        CoCreateInstance(&nobody, NULL, CLSCTX_LOCAL_SERVER, &IID_IUnknown, &object),
        REGDB_E_CLASSNOTREG);
    CHECK(CoRevokeClassObject(77) != S_OK);
    CHECK(CreateProcessA("C:\\comout.exe", NULL, NULL, NULL, FALSE, 0, NULL, NULL,
                         &startup, &made));
    if (WaitForSingleObject(made.hProcess, 20000) != WAIT_OBJECT_0)
        TerminateProcess(made.hProcess, 1); /* its server had no memory */
    CHECK_EQUAL(WaitForSingleObject(made.hProcess, 5000), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(made.hProcess, &code));
    CHECK_EQUAL(code, 0);
    CoUninitialize();
    return 0;
}
