/* console.c - the console: text out, lines in, a few settings.
 *
 * The console is a file: its text is bytes, which go through WriteFile and ReadFile.  The
 * W forms convert to and from the output code page.  Mode and size come from the driver.
 */
#include "k32.h"
#include "fathom.h" /* the console driver's codes */

static UINT InputPage = 437, OutputPage = 437;

BOOL BasepConsoleControl(HANDLE console, ULONG code, PVOID in, ULONG inLength, PVOID out,
                         ULONG outLength)
{
    IO_STATUS_BLOCK iosb;
    NTSTATUS status = NtDeviceIoControlFile(BasepResolve(console), NULL, NULL, NULL,
                                            &iosb, code, in, inLength, out, outLength);
    /* Whatever is no console says so in its own way. */
    if (status == STATUS_INVALID_DEVICE_REQUEST || status == STATUS_NOT_SUPPORTED ||
        status == STATUS_OBJECT_TYPE_MISMATCH)
        return BasepFail(ERROR_INVALID_HANDLE);
    return BasepResult(status);
}

/* ERROR_INVALID_HANDLE: a file or a pipe, not a console. */
BOOL WINAPI GetConsoleMode(HANDLE console, LPDWORD mode)
{
    return BasepConsoleControl(console, IOCTL_CONSOLE_GET_MODE, NULL, 0, mode,
                               sizeof *mode);
}

BOOL WINAPI SetConsoleMode(HANDLE console, DWORD mode)
{
    return BasepConsoleControl(console, IOCTL_CONSOLE_SET_MODE, &mode, sizeof mode, NULL,
                               0);
}

UINT WINAPI GetConsoleCP(void)
{
    return InputPage;
}

UINT WINAPI GetConsoleOutputCP(void)
{
    return OutputPage;
}

BOOL WINAPI SetConsoleCP(UINT page)
{
    if (!IsValidCodePage(page))
        return BasepFail(ERROR_INVALID_PARAMETER);
    InputPage = page;
    return TRUE;
}

BOOL WINAPI SetConsoleOutputCP(UINT page)
{
    if (!IsValidCodePage(page))
        return BasepFail(ERROR_INVALID_PARAMETER);
    OutputPage = page;
    return TRUE;
}

static BOOL IsConsole(HANDLE console)
{
    DWORD mode;
    return GetConsoleMode(console, &mode);
}

BOOL WINAPI WriteConsoleA(HANDLE console, const VOID *text, DWORD length, LPDWORD written,
                          LPVOID reserved)
{
    DWORD done;

    (void)reserved;
    return IsConsole(console) &&
           WriteFile(console, text, length, written ? written : &done, NULL);
}

BOOL WINAPI WriteConsoleW(HANDLE console, const VOID *text, DWORD length, LPDWORD written,
                          LPVOID reserved)
{
    LPCWSTR wide = text;
    CHAR bytes[256];
    DWORD done = 0, part, out;

    (void)reserved;
    if (!IsConsole(console))
        return FALSE;
    while (done < length) {
        int size;
        part =
            length - done < 64 ? length - done : 64; /* at most 3 bytes each in UTF-8 */
        size = WideCharToMultiByte(OutputPage, 0, wide + done, (int)part, bytes,
                                   sizeof bytes, NULL, NULL);
        if (!WriteFile(console, bytes, (DWORD)size, &out, NULL))
            return FALSE;
        done += part;
    }
    if (written)
        *written = done;
    return TRUE;
}

BOOL WINAPI ReadConsoleA(HANDLE console, LPVOID text, DWORD length, LPDWORD read,
                         LPVOID control)
{
    (void)control;
    return IsConsole(console) && ReadFile(console, text, length, read, NULL);
}

BOOL WINAPI ReadConsoleW(HANDLE console, LPVOID text, DWORD length, LPDWORD read,
                         LPVOID control)
{
    LPSTR bytes = RtlAllocateHeap(BaseHeap(), 0, length);
    DWORD got = 0;
    BOOL done;

    (void)control;
    if (!bytes)
        return BasepFail(ERROR_NOT_ENOUGH_MEMORY);
    done = IsConsole(console) && ReadFile(console, bytes, length, &got, NULL);
    *read = 0;
    if (done && got)
        *read =
            (DWORD)MultiByteToWideChar(InputPage, 0, bytes, (int)got, text, (int)length);
    BasepFree(bytes);
    return done;
}

#define DEFAULT_ATTRIBUTES (FOREGROUND_RED | FOREGROUND_GREEN | FOREGROUND_BLUE)
static WORD Attributes = DEFAULT_ATTRIBUTES;

/* The screen's size; the cursor is the terminal's own affair and reads as the top left. */
BOOL WINAPI GetConsoleScreenBufferInfo(HANDLE console, PCONSOLE_SCREEN_BUFFER_INFO info)
{
    ULONG size[2]; /* columns, rows */

    if (!BasepConsoleControl(console, IOCTL_CONSOLE_GET_SIZE, NULL, 0, size, sizeof size))
        return FALSE;
    *info = (CONSOLE_SCREEN_BUFFER_INFO){
        .dwSize = {(SHORT)size[0], (SHORT)size[1]},
        .wAttributes = Attributes,
        .srWindow = {0, 0, (SHORT)(size[0] - 1), (SHORT)(size[1] - 1)},
        .dwMaximumWindowSize = {(SHORT)size[0], (SHORT)size[1]}};
    return TRUE;
}

/* CSI ... m: the terminal's colours have red and blue the other way about. */
BOOL WINAPI SetConsoleTextAttribute(HANDLE console, WORD attributes)
{
    static const UCHAR order[8] = {0, 4, 2, 6, 1, 5, 3, 7};
    CHAR text[] = "\x1b[0;30;40m";
    DWORD written;

    if (!IsConsole(console))
        return FALSE;
    Attributes = attributes;
    if (attributes == DEFAULT_ATTRIBUTES)
        return WriteFile(console, "\x1b[0m", 4, &written, NULL);
    text[2] = attributes & FOREGROUND_INTENSITY ? '1' : '0';
    text[5] = (CHAR)('0' + order[attributes & 7]);
    text[8] = (CHAR)('0' + order[attributes >> 4 & 7]);
    return WriteFile(console, text, sizeof text - 1, &written, NULL);
}

/* The terminal's sequence for a place, at most 16 bytes.  Rows and columns count from 0 here and
 * from 1 there. */
static DWORD Place(PCHAR text, COORD at)
{
    const SHORT values[2] = {(SHORT)(at.Y + 1), (SHORT)(at.X + 1)};
    DWORD length = 0;
    CHAR digits[8];
    int i, count;

    text[length++] = 0x1B;
    text[length++] = '[';
    for (i = 0; i < 2; i++) {
        SHORT value = values[i];
        for (count = 0; value; value /= 10)
            digits[count++] = (CHAR)('0' + value % 10);
        while (count)
            text[length++] = digits[--count];
        text[length++] = i ? 'H' : ';';
    }
    return length;
}

BOOL WINAPI SetConsoleCursorPosition(HANDLE console, COORD at)
{
    CHAR text[16];
    DWORD written;

    if (!IsConsole(console))
        return FALSE;
    if (at.X < 0 || at.Y < 0)
        return BasepFail(ERROR_INVALID_PARAMETER);
    return WriteFile(console, text, Place(text, at), &written, NULL);
}

/* The cells from `from` on, row after row, at most to the end of the screen; the cursor comes back.
 * A cell with a control character is blank: a terminal would obey it.
 * A terminal has no way to keep the cells' attributes: they get those of text that is written. */
BOOL WINAPI FillConsoleOutputCharacterW(HANDLE console, WCHAR character, DWORD length,
                                        COORD from, LPDWORD written)
{
    CONSOLE_SCREEN_BUFFER_INFO info;
    CHAR text[20] = {0x1B, '7'}, one[4];
    DWORD left, out;
    int size;
    BOOL done;

    if (character < L' ' || (character >= 0x7F && character < 0xA0))
        character = L' ';
    size = WideCharToMultiByte(OutputPage, 0, &character, 1, one, sizeof one, NULL, NULL);
    if (!GetConsoleScreenBufferInfo(console, &info))
        return FALSE;
    *written = 0;
    if (from.X < 0 || from.Y < 0 || from.X >= info.dwSize.X || from.Y >= info.dwSize.Y)
        return TRUE;
    left = (DWORD)(info.dwSize.X * (info.dwSize.Y - from.Y) - from.X);
    left = length < left ? length : left;
    done = WriteFile(console, text, 2 + Place(text + 2, from), &out, NULL);
    for (; done && *written < left; (*written)++)
        done = WriteFile(console, one, (DWORD)size, &out, NULL);
    return WriteFile(console,
                     "\x1b"
                     "8",
                     2, &out, NULL) &&
           done;
}

BOOL WINAPI FillConsoleOutputCharacterA(HANDLE console, CHAR character, DWORD length,
                                        COORD from, LPDWORD written)
{
    WCHAR wide = 0;
    MultiByteToWideChar(OutputPage, 0, &character, 1, &wide, 1);
    return FillConsoleOutputCharacterW(console, wide, length, from, written);
}

static WCHAR Title[128];

BOOL WINAPI SetConsoleTitleW(LPCWSTR title)
{
    wcsncpy(Title, title, ARRAYSIZE(Title) - 1);
    return TRUE;
}

BOOL WINAPI SetConsoleTitleA(LPCSTR title)
{
    LPWSTR wide = BasepToWide(title);
    BOOL set = wide && SetConsoleTitleW(wide);
    BasepFree(wide);
    return set;
}

DWORD WINAPI GetConsoleTitleW(LPWSTR out, DWORD size)
{
    DWORD length = wcslen(Title);
    if (size) {
        wcsncpy(out, Title, size - 1);
        out[length < size ? length : size - 1] = 0;
    }
    return length;
}

DWORD WINAPI GetConsoleTitleA(LPSTR out, DWORD size)
{
    return BasepReturnAnsi(Title, out, size);
}
