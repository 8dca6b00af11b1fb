/* strings.c - counted strings, code pages, numbers, bits, time, 64-bit arithmetic. */
/* link: -lntdll */
#include <windows.h>
#include <winternl.h>
#include <string.h>
#include "check.h"

typedef struct {
    ULONG size;
    PULONG bits;
} bitmap;
typedef struct {
    SHORT year, month, day, hour, minute, second, ms, weekday;
} fields;
NTSYSAPI NTSTATUS NTAPI RtlUTF8ToUnicodeN(PWSTR, ULONG, PULONG, PCSTR, ULONG);
NTSYSAPI NTSTATUS NTAPI RtlUnicodeToUTF8N(PSTR, ULONG, PULONG, PCWSTR, ULONG);
NTSYSAPI NTSTATUS NTAPI RtlMultiByteToUnicodeN(PWSTR, ULONG, PULONG, PCSTR, ULONG);
NTSYSAPI NTSTATUS NTAPI RtlUnicodeToMultiByteN(PSTR, ULONG, PULONG, PCWSTR, ULONG);
NTSYSAPI WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR);
NTSYSAPI WCHAR NTAPI RtlDowncaseUnicodeChar(WCHAR);
NTSYSAPI BOOLEAN NTAPI RtlEqualUnicodeString(PUNICODE_STRING, PUNICODE_STRING, BOOLEAN);
NTSYSAPI LONG NTAPI RtlCompareUnicodeString(PUNICODE_STRING, PUNICODE_STRING, BOOLEAN);
NTSYSAPI NTSTATUS NTAPI RtlAppendUnicodeToString(PUNICODE_STRING, PCWSTR);
NTSYSAPI NTSTATUS NTAPI RtlUnicodeStringToInteger(PUNICODE_STRING, ULONG, PULONG);
NTSYSAPI NTSTATUS NTAPI RtlIntegerToUnicodeString(ULONG, ULONG, PUNICODE_STRING);
NTSYSAPI void NTAPI RtlInitializeBitMap(bitmap *, PULONG, ULONG);
NTSYSAPI ULONG NTAPI RtlFindClearBitsAndSet(bitmap *, ULONG, ULONG);
NTSYSAPI ULONG NTAPI RtlNumberOfSetBits(bitmap *);
NTSYSAPI BOOLEAN NTAPI RtlAreBitsClear(bitmap *, ULONG, ULONG);
NTSYSAPI void NTAPI RtlClearBits(bitmap *, ULONG, ULONG);
NTSYSAPI void NTAPI RtlTimeToTimeFields(PLARGE_INTEGER, fields *);
NTSYSAPI BOOLEAN NTAPI RtlTimeFieldsToTime(fields *, PLARGE_INTEGER);

static void code_pages(void)
{
    WCHAR wide[16];
    char bytes[16];
    ULONG size;
    CHECK(!RtlMultiByteToUnicodeN(wide, sizeof wide, &size, "a\x80\xE9", 3));
    CHECK(size == 6 && wide[0] == 'a' && wide[1] == 0x20AC && wide[2] == 0xE9);
    CHECK(!RtlUnicodeToMultiByteN(bytes, sizeof bytes, &size, wide, 6));
    CHECK(size == 3 && !memcmp(bytes, "a\x80\xE9", 3));
    wide[0] = 0x4E2D;
    CHECK(!RtlUnicodeToMultiByteN(bytes, sizeof bytes, &size, wide, 2) &&
          bytes[0] == '?');
}

static void utf8(void)
{
    WCHAR wide[16];
    char bytes[16];
    ULONG size;
    static const WCHAR text[] = {'a', 0xE9, 0x20AC, 0xD83D, 0xDE00};
    CHECK(!RtlUnicodeToUTF8N(bytes, sizeof bytes, &size, text, sizeof text));
    CHECK(size == 10 && !memcmp(bytes, "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 10));
    CHECK(!RtlUTF8ToUnicodeN(wide, sizeof wide, &size, bytes, 10));
    CHECK(size == sizeof text && !memcmp(wide, text, size));
    CHECK(!RtlUTF8ToUnicodeN(NULL, 0, &size, bytes, 10) && size == sizeof text);
    CHECK(RtlUTF8ToUnicodeN(wide, 4, &size, bytes, 10) == (NTSTATUS)0xC0000023 &&
          size == 4);
    CHECK(RtlUTF8ToUnicodeN(wide, sizeof wide, &size, "\xC0\x80x", 3) == 0x107);
    CHECK(wide[size / 2 - 1] == 'x' && wide[0] == 0xFFFD);
    CHECK(RtlUnicodeToUTF8N(bytes, sizeof bytes, &size, text + 3, 2) == 0x107 &&
          size == 3);
    CHECK(!memcmp(bytes, "\xEF\xBF\xBD", 3));
}

static void cases(void)
{
    CHECK(RtlUpcaseUnicodeChar('z') == 'Z' && RtlDowncaseUnicodeChar('Z') == 'z');
    CHECK(RtlUpcaseUnicodeChar(0xE4) == 0xC4 && RtlUpcaseUnicodeChar(0xF7) == 0xF7);
    CHECK(RtlUpcaseUnicodeChar(0xFF) == 0x178 && RtlUpcaseUnicodeChar(0x17E) == 0x17D);
    CHECK(RtlUpcaseUnicodeChar(0x3B1) == 0x391 && RtlUpcaseUnicodeChar(0x44F) == 0x42F);
    CHECK(RtlDowncaseUnicodeChar(0x416) == 0x436 && RtlUpcaseUnicodeChar(0x451) == 0x401);
    CHECK(RtlUpcaseUnicodeChar(0x4E2D) == 0x4E2D && RtlDowncaseUnicodeChar('@') == '@');
    UNICODE_STRING a, b;
    RtlInitUnicodeString(&a, L"Fathom");
    RtlInitUnicodeString(&b, L"fATHOM");
    CHECK(RtlEqualUnicodeString(&a, &b, TRUE) && !RtlEqualUnicodeString(&a, &b, FALSE));
    CHECK(RtlCompareUnicodeString(&a, &b, FALSE) < 0);
}

static void numbers(void)
{
    WCHAR buffer[40];
    UNICODE_STRING s = {0, sizeof buffer, buffer};
    ULONG value;
    CHECK(!RtlIntegerToUnicodeString(0xBEEF, 16, &s) && !lstrcmpW(buffer, L"BEEF"));
    CHECK(!RtlUnicodeStringToInteger(&s, 16, &value) && value == 0xBEEF);
    RtlInitUnicodeString(&s, L"  -0x10z");
    CHECK(!RtlUnicodeStringToInteger(&s, 0, &value) && value == (ULONG)-16);
    CHECK(RtlUnicodeStringToInteger(&s, 7, &value) < 0);
    s = (UNICODE_STRING){0, 6, buffer};
    CHECK(RtlIntegerToUnicodeString(12345, 10, &s) == (NTSTATUS)0x80000005);
    s.Length = 0;
    CHECK(!RtlAppendUnicodeToString(&s, L"abc"));
    CHECK(RtlAppendUnicodeToString(&s, L"d") == (NTSTATUS)0xC0000023 && s.Length == 6);
}

static void bits(void)
{
    ULONG words[4] = {0};
    bitmap map;
    RtlInitializeBitMap(&map, words, 100);
    CHECK_EQUAL(RtlFindClearBitsAndSet(&map, 40, 0), 0);
    CHECK_EQUAL(RtlFindClearBitsAndSet(&map, 40, 0), 40);
    CHECK_EQUAL(RtlFindClearBitsAndSet(&map, 40, 0), -1);
    CHECK_EQUAL(RtlFindClearBitsAndSet(&map, 20, 90), 80);
    CHECK_EQUAL(RtlNumberOfSetBits(&map), 100);
    RtlClearBits(&map, 33, 7);
    CHECK(RtlAreBitsClear(&map, 33, 7) && !RtlAreBitsClear(&map, 32, 8));
    CHECK_EQUAL(RtlFindClearBitsAndSet(&map, 7, 64), 33);
}

static void times(void)
{
    LARGE_INTEGER time, back;
    fields f;
    time.QuadPart = 0x01CA000000000000ll;
    for (int i = 0; i < 2000; i++, time.QuadPart += 864000000000ll * 61 + 12345670000ll) {
        SYSTEMTIME system;
        FILETIME file = {time.LowPart, (DWORD)time.HighPart};
        RtlTimeToTimeFields(&time, &f);
        CHECK(FileTimeToSystemTime(&file, &system));
        CHECK(system.wYear == f.year && system.wDay == f.day);
        CHECK(f.month >= 1 && f.month <= 12 && f.day >= 1 && f.day <= 31);
        CHECK(RtlTimeFieldsToTime(&f, &back));
        CHECK(back.QuadPart == time.QuadPart / 10000 * 10000);
    }
    f = (fields){2000, 2, 29, 0, 0, 0, 0, 0};
    CHECK(RtlTimeFieldsToTime(&f, &time));
    RtlTimeToTimeFields(&time, &f);
    CHECK(f.weekday == 2 && f.month == 2 && f.day == 29);
    f = (fields){1900, 1, 1, 0, 0, 0, 0, 0};
    CHECK(RtlTimeFieldsToTime(&f, &time));
    f = (fields){2001, 2, 29, 0, 0, 0, 0, 0};
    CHECK(!RtlTimeFieldsToTime(&f, &time));
    f = (fields){1601, 1, 1, 0, 0, 0, 0, 0};
    CHECK(RtlTimeFieldsToTime(&f, &time) && time.QuadPart == 0);
}

/* The helpers that compilers call, by their exports. */
static void arithmetic(void)
{
    HMODULE ntdll = GetModuleHandleA("ntdll");
    typedef LONGLONG(WINAPI * two)(LONGLONG, LONGLONG);
    two mul = (two)(PVOID)GetProcAddress(ntdll, "_allmul");
    two div = (two)(PVOID)GetProcAddress(ntdll, "_alldiv");
    two rem = (two)(PVOID)GetProcAddress(ntdll, "_allrem");
    two udiv = (two)(PVOID)GetProcAddress(ntdll, "_aulldiv");
    CHECK(mul && div && rem && udiv);
    CHECK(mul(-5000000000ll, 3) == -15000000000ll);
    CHECK(div(-15000000000ll, 7) == -15000000000ll / 7);
    CHECK(rem(-15000000000ll, 7) == -15000000000ll % 7);
    CHECK(udiv(-1, 10) == (LONGLONG)(0xFFFFFFFFFFFFFFFFull / 10));
    PVOID shl = (PVOID)GetProcAddress(ntdll, "_allshl");
    LONGLONG value = 0x1234567ll;
    __asm__("call *%1" : "+A"(value) : "r"(shl), "c"(36));
    CHECK(value == 0x1234567ll << 36);
}

int main(void)
{
    code_pages();
    utf8();
    cases();
    numbers();
    bits();
    times();
    arithmetic();
    return 0;
}
