/* keys.c - the console's input as records: peeked at, read, counted, flushed; and a line. */
#include <conio.h>
#include <stdio.h>
#include <windows.h>

static HANDLE input;

static void show(const char *word, const INPUT_RECORD *record)
{
    const KEY_EVENT_RECORD *key = &record->Event.KeyEvent;
    printf("%s %d %s vk %02X state %02lX char %02X\n", word, record->EventType,
           key->bKeyDown ? "down" : "up", key->wVirtualKeyCode, key->dwControlKeyState,
           (unsigned char)key->uChar.AsciiChar);
}

static void typed(void)
{
    while (!_kbhit())
        Sleep(10);
}

/* What other threads see of the console while main waits for a key that nobody presses. */
static DWORD WINAPI watch(PVOID before)
{
    DWORD mode = 0;
    Sleep(100);
    GetConsoleMode(input, &mode);
    printf("the mode while a read waits: %s\n",
           mode == *(DWORD *)before ? "as before" : "changed");
    fflush(stdout);
    ExitProcess(0);
}

int main(void)
{
    INPUT_RECORD record[8];
    DWORD count = 0, more = 0, mode = 0;
    char line[40];
    input = GetStdHandle(STD_INPUT_HANDLE);
    printf("type\n");
    while (PeekConsoleInputA(input, record, 1, &count) && !count)
        Sleep(10);
    if (!count)
        return 1; /* no console */
    show("peeked", &record[0]);
    do { /* up to the first full stop */
        ReadConsoleInputA(input, record, 1, &count);
        show("read", &record[0]);
    } while (record[0].Event.KeyEvent.uChar.AsciiChar != '.');
    typed();
    GetNumberOfConsoleInputEvents(input, &more);
    printf("%lu waiting, kbhit %d\n", more, _kbhit() != 0);
    PeekConsoleInputW(input, record, 8, &count);
    printf("%lu peeked: up %d, then U+%04X\n", count, !record[0].Event.KeyEvent.bKeyDown,
           record[1].Event.KeyEvent.uChar.UnicodeChar);
    ReadConsoleInputW(input, record, 3, &count);
    printf("%lu read at once; getch %c\n", count, _getch());
    printf("line: %s", fgets(line, sizeof line, stdin));
    typed();
    FlushConsoleInputBuffer(input);
    PeekConsoleInputA(input, record, 8, &count);
    printf("%lu after the flush, kbhit %d\n", count, _kbhit() != 0);
    SetLastError(0);
    printf("no console: %d", ReadConsoleInputA(CreateFileA("x", GENERIC_READ, 0, NULL,
                                                           CREATE_ALWAYS, 0, NULL),
                                               record, 1, &count));
    printf(" %lu\n", GetLastError());
    GetConsoleMode(input, &mode);
    CloseHandle(CreateThread(NULL, 0, watch, &mode, 0, NULL));
    ReadConsoleInputA(input, record, 1, &count);
    return 1;
}
