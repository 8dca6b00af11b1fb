/* keys - what is typed goes only to a handle that may read the console; cells are filled. */
#include <windows.h>
#include "check.h"

/* The last three cells of the screen, whatever is asked; nothing after it; not of a file. */
static void fill(void)
{
    HANDLE console = CreateFileA("CONOUT$", GENERIC_READ | GENERIC_WRITE, 3, NULL,
                                 OPEN_EXISTING, 0, NULL);
    HANDLE none = CreateFileA("NUL", GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    CONSOLE_SCREEN_BUFFER_INFO info;
    DWORD written = 7;
    COORD end;
    CHECK(GetConsoleScreenBufferInfo(console, &info));
    end = (COORD){(SHORT)(info.dwSize.X - 3), (SHORT)(info.dwSize.Y - 1)};
    CHECK(FillConsoleOutputCharacterA(console, ' ', 100, end, &written) && written == 3);
    CHECK(FillConsoleOutputCharacterW(console, L'.', 1, end, &written) && written == 1);
    end.Y++;
    CHECK(FillConsoleOutputCharacterA(console, ' ', 1, end, &written) && written == 0);
    CHECK(!FillConsoleOutputCharacterA(none, ' ', 1, end, &written) &&
          GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(CloseHandle(console) && CloseHandle(none));
}

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
    fill();
    return 0;
}
