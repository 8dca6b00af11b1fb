/* consoleinput.c - ReadConsoleInput, PeekConsoleInput: records of keys, made of bytes.
 *
 *   byte 'A'  ->  { key down, VK 41h, SHIFT_PRESSED, 'A' }, { key up, the same }
 *
 * The console is a stream of bytes, often from a terminal: which keys were pressed for a byte
 * follows from a keyboard of the United States, when they were let go is not known.  So each byte
 * is a key that is pressed and let go at once, the scan code is 0, and a key that has no byte (an
 * arrow) is the escape sequence that the terminal sends.  There are no records of mouse, window or
 * focus.
 */
#include "k32.h"
#include "fathom.h" /* the console driver's codes */

static SRWLOCK Lock;
static BOOL HasUp; /* the last key's down was read, its up was not */
static UCHAR Up;

/* plain, shifted, virtual key: VK_OEM_1 and its kin, of winuser.h */
static const UCHAR Marks[][3] = {{';', ':', 0xBA}, {'=', '+', 0xBB},  {',', '<', 0xBC},
                                 {'-', '_', 0xBD}, {'.', '>', 0xBE},  {'/', '?', 0xBF},
                                 {'`', '~', 0xC0}, {'[', '{', 0xDB},  {'\\', '|', 0xDC},
                                 {']', '}', 0xDD}, {'\'', '"', 0xDE}, {'1', '!', '1'},
                                 {'2', '@', '2'},  {'3', '#', '3'},   {'4', '$', '4'},
                                 {'5', '%', '5'},  {'6', '^', '6'},   {'7', '&', '7'},
                                 {'8', '*', '8'},  {'9', '(', '9'},   {'0', ')', '0'}};

static WORD KeyOfMark(UCHAR byte, DWORD *state)
{
    ULONG i;

    for (i = 0; i < ARRAYSIZE(Marks); i++)
        if (byte == Marks[i][0] || byte == Marks[i][1]) {
            *state = byte == Marks[i][1] ? SHIFT_PRESSED : 0;
            return Marks[i][2];
        }
    return 0;
}

/* 0: no key of that keyboard. */
static WORD KeyOf(UCHAR byte, DWORD *state)
{
    *state = 0;
    if (byte == '\r' || byte == '\b' || byte == '\t' || byte == 0x1B || byte == ' ')
        return byte; /* VK_RETURN, VK_BACK, VK_TAB, VK_ESCAPE, VK_SPACE */
    if (byte >= 'a' && byte <= 'z')
        return byte - ('a' - 'A');
    *state = SHIFT_PRESSED;
    if (byte >= 'A' && byte <= 'Z')
        return byte;
    *state = LEFT_CTRL_PRESSED;
    if (byte >= 1 && byte <= 26)
        return byte + 'A' - 1;
    return KeyOfMark(byte, state);
}

/* A terminal's line feed and delete are Enter and Backspace. */
static INPUT_RECORD Record(UCHAR byte, BOOL down, BOOL wide)
{
    INPUT_RECORD record = {.EventType = KEY_EVENT};
    KEY_EVENT_RECORD *key = &record.Event.KeyEvent;

    byte = byte == '\n' ? '\r' : byte == 0x7F ? '\b' : byte;
    key->bKeyDown = down;
    key->wRepeatCount = 1;
    key->wVirtualKeyCode = KeyOf(byte, &key->dwControlKeyState);
    if (wide)
        MultiByteToWideChar(GetConsoleCP(), 0, (LPCSTR)&byte, 1, &key->uChar.UnicodeChar,
                            1);
    else
        key->uChar.AsciiChar = (CHAR)byte;
    return record;
}

/* Is there a byte to read, and which? */
static BOOL Waits(HANDLE console, BOOL *there, UCHAR *byte)
{
    ULONG answer[2];

    if (!BasepConsoleControl(console, IOCTL_CONSOLE_GET_KEYS, NULL, 0, answer,
                             sizeof answer))
        return FALSE;
    *there = answer[0] != 0;
    *byte = (UCHAR)answer[1];
    return TRUE;
}

/* The next byte, as it is typed; the console's mode, which is also other threads', stays as it is.
 * Ctrl-C, which ends a read, has its own handlers: the wait goes on. */
static BOOL Take(HANDLE console, UCHAR *byte)
{
    IO_STATUS_BLOCK iosb;
    NTSTATUS status;

    do
        status = NtDeviceIoControlFile(BasepResolve(console), NULL, NULL, NULL, &iosb,
                                       IOCTL_CONSOLE_READ_KEY, NULL, 0, byte, 1);
    while (status == STATUS_ALERTED || status == STATUS_USER_APC);
    return BasepResult(status);
}

static BOOL TakeUp(UCHAR *byte)
{
    BOOL had;

    RtlAcquireSRWLockExclusive(&Lock);
    had = HasUp;
    HasUp = FALSE;
    if (had)
        *byte = Up;
    RtlReleaseSRWLockExclusive(&Lock);
    return had;
}

static void LeaveUp(UCHAR byte)
{
    RtlAcquireSRWLockExclusive(&Lock);
    HasUp = TRUE;
    Up = byte;
    RtlReleaseSRWLockExclusive(&Lock);
}

static BOOL Peek(HANDLE console, PINPUT_RECORD records, DWORD size, LPDWORD read,
                 BOOL wide)
{
    BOOL there;
    UCHAR byte;
    DWORD count = 0;

    if (!Waits(console, &there, &byte))
        return FALSE;
    RtlAcquireSRWLockExclusive(&Lock);
    if (HasUp && count < size)
        records[count++] = Record(Up, FALSE, wide);
    if (there && count < size)
        records[count++] = Record(byte, TRUE, wide);
    if (there && count < size)
        records[count++] = Record(byte, FALSE, wide);
    RtlReleaseSRWLockExclusive(&Lock);
    *read = count;
    return TRUE;
}

/* Waits for the first record alone. */
static BOOL Read(HANDLE console, PINPUT_RECORD records, DWORD size, LPDWORD read,
                 BOOL wide)
{
    BOOL there, up;
    UCHAR byte;
    DWORD count = 0;

    while (count < size && Waits(console, &there, &byte)) {
        up = TakeUp(&byte);
        if (!up && ((count && !there) || !Take(console, &byte)))
            break;
        records[count++] = Record(byte, !up, wide);
        if (!up)
            LeaveUp(byte);
    }
    *read = count;
    return count || (!size && GetNumberOfConsoleInputEvents(console, read));
}

/* Of one key: what there is more is not known to anyone before this one is read. */
BOOL WINAPI PeekConsoleInputA(HANDLE console, PINPUT_RECORD records, DWORD size,
                              LPDWORD read)
{
    return Peek(console, records, size, read, FALSE);
}

BOOL WINAPI PeekConsoleInputW(HANDLE console, PINPUT_RECORD records, DWORD size,
                              LPDWORD read)
{
    return Peek(console, records, size, read, TRUE);
}

BOOL WINAPI ReadConsoleInputA(HANDLE console, PINPUT_RECORD records, DWORD size,
                              LPDWORD read)
{
    return Read(console, records, size, read, FALSE);
}

BOOL WINAPI ReadConsoleInputW(HANDLE console, PINPUT_RECORD records, DWORD size,
                              LPDWORD read)
{
    return Read(console, records, size, read, TRUE);
}

/* The records that PeekConsoleInput would give. */
BOOL WINAPI GetNumberOfConsoleInputEvents(HANDLE console, LPDWORD count)
{
    INPUT_RECORD records[3];
    return Peek(console, records, 3, count, FALSE);
}

BOOL WINAPI FlushConsoleInputBuffer(HANDLE console)
{
    BOOL there;
    UCHAR byte;

    do {
        if (!Waits(console, &there, &byte))
            return FALSE;
    } while (there && Take(console, &byte));
    TakeUp(&byte);
    return TRUE;
}
