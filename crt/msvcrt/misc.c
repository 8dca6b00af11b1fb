/* misc.c - small calls of io.h, conio.h and sys/utime.h, and the checked forms of others.
 *
 * Source of each: Microsoft C runtime reference, by name.
 */
#include "crt.h"
#include <sys/utime.h>
#include <wchar.h>

#define EPOCH_TICKS 116444736000000000ull /* 1601 to 1970 in 100 ns */

int __cdecl _wchmod(const wchar_t *path, int mode)
{
    DWORD attributes = GetFileAttributesW(path);
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return crt_fail_last();
    attributes &= ~(DWORD)FILE_ATTRIBUTE_READONLY;
    attributes |= mode & 0200 ? 0 : FILE_ATTRIBUTE_READONLY;
    return SetFileAttributesW(path, attributes) ? 0 : crt_fail_last();
}

int __cdecl _wcreat(const wchar_t *path, int mode)
{
    return _wopen(path, _O_CREAT | _O_TRUNC | _O_RDWR, mode);
}

static FILETIME file_time(__time64_t seconds)
{
    uint64_t ticks = (uint64_t)seconds * 10000000 + EPOCH_TICKS;
    FILETIME time = {(DWORD)ticks, (DWORD)(ticks >> 32)};
    return time;
}

/* The times of an open file; null: now. */
int __cdecl _futime64(int fd, struct __utimbuf64 *times)
{
    __time64_t now = _time64(NULL);
    FILETIME access = file_time(times != NULL ? times->actime : now);
    FILETIME written = file_time(times != NULL ? times->modtime : now);
    struct crt_file *file = crt_file_lock(fd);
    if (file == NULL)
        return -1;
    int result = SetFileTime(file->handle, NULL, &access, &written) ? 0 : crt_fail_last();
    crt_file_unlock(file);
    return result;
}

static struct __utimbuf64 *widen(const struct __utimbuf32 *times,
                                 struct __utimbuf64 *wide)
{
    if (times == NULL)
        return NULL;
    wide->actime = times->actime;
    wide->modtime = times->modtime;
    return wide;
}

int __cdecl crt_futime32(int fd, struct __utimbuf32 *times)
{
    struct __utimbuf64 wide;
    return _futime64(fd, widen(times, &wide));
}

static int close_after(int fd, struct __utimbuf64 *times)
{
    if (fd < 0)
        return -1;
    int result = _futime64(fd, times);
    _close(fd);
    return result;
}

int __cdecl _utime64(const char *path, struct __utimbuf64 *times)
{
    return close_after(_open(path, _O_RDWR | _O_BINARY), times);
}

int __cdecl _wutime64(const wchar_t *path, struct __utimbuf64 *times)
{
    return close_after(_wopen(path, _O_RDWR | _O_BINARY), times);
}

int __cdecl crt_utime32(const char *path, struct __utimbuf32 *times)
{
    struct __utimbuf64 wide;
    return _utime64(path, widen(times, &wide));
}

int __cdecl crt_wutime32(const wchar_t *path, struct __utimbuf32 *times)
{
    struct __utimbuf64 wide;
    return _wutime64(path, widen(times, &wide));
}

/* conio.h: the standard handles, past the buffers of stdio. */
static int pushed = EOF;

/* A key as it is pressed, not shown; where the input is no console, its next byte. */
int __cdecl crt_getch(void)
{
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    int again = InterlockedExchange((LONG *)&pushed, EOF);
    unsigned char byte;
    DWORD got = 0, mode;
    if (again != EOF)
        return again;
    BOOL console = GetConsoleMode(input, &mode) && SetConsoleMode(input, 0);
    BOOL done = ReadFile(input, &byte, 1, &got, NULL);
    if (console)
        SetConsoleMode(input, mode);
    return done && got != 0 ? byte : EOF;
}

int __cdecl _ungetch(int character)
{
    if (character == EOF || pushed != EOF)
        return EOF;
    return pushed = (unsigned char)character;
}

/* True if _getch would not wait.  Source: _kbhit. */
int __cdecl _kbhit(void)
{
    INPUT_RECORD records[2]; /* a key's release may come first */
    DWORD count = 0, i = 0;
    if (!PeekConsoleInputA(GetStdHandle(STD_INPUT_HANDLE), records, 2, &count))
        count = 0;
    while (i < count && !records[i].Event.KeyEvent.bKeyDown)
        i++;
    return pushed != EOF || i < count;
}

int __cdecl crt_putch(int character)
{
    char byte = (char)character;
    DWORD done = 0;
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), &byte, 1, &done, NULL);
    return done == 1 ? character : EOF;
}

int __cdecl crt_getche(void)
{
    int character = crt_getch();
    if (character != EOF)
        crt_putch(character);
    return character;
}

int __cdecl crt_cputs(const char *text)
{
    DWORD done = 0, length = (DWORD)strlen(text);
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, length, &done, NULL);
    return done == length ? 0 : EOF;
}

void __cdecl _wperror(const wchar_t *message)
{
    char narrow[512];
    _snprintf(narrow, sizeof(narrow) - 1, "%ls", message != NULL ? message : L"");
    narrow[sizeof(narrow) - 1] = 0;
    perror(narrow);
}

/* Digits of a number without point or sign, in a buffer of the thread: `count` places after
 * the point (fixed: _fcvt) or in all (_ecvt); *point says where the point belongs.
 *
 * 99999.9999 fixed, 1 place: 1000000, point 6       0.0001 fixed, 1 place: none, point -3
 * 123.0001 fixed, -1 places: 12, point 3            0.6, 0 digits: none, point 1 (it is rounded)
 */
static char *cvt(double value, int count, int *point, int *negative, int fixed)
{
    char text[CRT_FLOAT_TEXT], *out = crt_thread()->cvt_text, *to = out, *at = text;
    crt_float(text, sizeof(text), value, 'e', 17, 0, negative);
    char *power = strchr(text, 'e');
    int digits = count, up = text[0] >= '5' && text[0] <= '9';
    *point = value == 0 || power == NULL ? 0 : atoi(power + 1) + 1;
    if (fixed)
        digits += *point;
    if (digits > 0) {
        int before = *point;
        crt_float(text, sizeof(text), value, 'e', digits - 1, 0, negative);
        power = strchr(text, 'e');
        if (value != 0)
            *point = (power != NULL ? atoi(power + 1) : 0) + 1;
        for (; *at && *at != 'e'; at++)
            if (*at != '.')
                *to++ = *at;
        if (fixed && power != NULL && *point > before && value != 0)
            *to++ = '0'; /* rounded up to one more digit before the point */
    } else if (digits == 0 && up && value != 0) {
        ++*point;
        if (fixed)
            *to++ = '1';
    }
    *to = 0;
    return out;
}

char *__cdecl _ecvt(double value, int count, int *point, int *negative)
{
    return cvt(value, count, point, negative, 0);
}

char *__cdecl _fcvt(double value, int count, int *point, int *negative)
{
    return cvt(value, count, point, negative, 1);
}

errno_t __cdecl strerror_s(char *out, size_t room, int error)
{
    if (out == NULL || room == 0)
        return *_errno() = EINVAL;
    strncpy_s(out, room, strerror(error), _TRUNCATE);
    return 0;
}

errno_t __cdecl clearerr_s(FILE *stream)
{
    if (stream == NULL)
        return *_errno() = EINVAL;
    clearerr(stream);
    return 0;
}

/* After a stack overflow was handled: the stack guards again, above what the thread was
 * guaranteed and one page that is never used.  1, or 0 if there is no page to spare.
 * Source: _resetstkoflw, SetThreadStackGuarantee. */
int __cdecl _resetstkoflw(void)
{
    NT_TIB *tib;
    __asm__("movl %%fs:0x18, %0" : "=r"(tib));
    char *guard = tib->StackLimit, *here = (char *)&tib;
    MEMORY_BASIC_INFORMATION info;
    ULONG guaranteed = 0; /* asks only */
    DWORD old;
    /* The guard is there still, straight below the limit. */
    if (VirtualQuery(guard - 4096, &info, sizeof(info)) && info.State == MEM_COMMIT &&
        (info.Protect & PAGE_GUARD))
        return 1;
    if (!VirtualQuery(guard, &info, sizeof(info)) ||
        !SetThreadStackGuarantee(&guaranteed))
        return 0;
    char *lowest = (char *)info.AllocationBase + 4096 + ((guaranteed + 4095) & ~4095u);
    if (guard < lowest)
        guard = lowest;
    if (here - guard < 2 * 4096 ||
        !VirtualProtect(guard, 4096, PAGE_READWRITE | PAGE_GUARD, &old))
        return 0;
    tib->StackLimit = guard + 4096;
    return 1;
}
