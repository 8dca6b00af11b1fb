/* keys - what is typed goes only to a handle that may read the console. */
#include <windows.h>
#include "check.h"

int main(void)
{
    INPUT_RECORD record;
    DWORD read = 7;
    HANDLE console = CreateFileA("CONIN$", 0, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                                 OPEN_EXISTING, 0, NULL);
    CHECK(console != INVALID_HANDLE_VALUE);
    SetLastError(0);
    CHECK(!ReadConsoleInputA(console, &record, 1, &read));
    CHECK(GetLastError() == ERROR_ACCESS_DENIED && read == 0);
    CHECK(CloseHandle(console));
    return 0;
}
