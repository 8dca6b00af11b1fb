/* paths.c - DOS paths made whole and made NT; environment blocks. */
/* link: -lntdll */
#include <windows.h>
#include <winternl.h>
#include "check.h"

NTSYSAPI ULONG NTAPI RtlGetFullPathName_U(PCWSTR, ULONG, PWSTR, PWSTR *);
NTSYSAPI ULONG NTAPI RtlDetermineDosPathNameType_U(PCWSTR);
NTSYSAPI ULONG NTAPI RtlIsDosDeviceName_U(PCWSTR);
NTSYSAPI NTSTATUS NTAPI RtlExpandEnvironmentStrings_U(PWSTR, PUNICODE_STRING,
                                                      PUNICODE_STRING, PULONG);

static const struct {
    const WCHAR *path, *whole, *part;
} whole[] = {
    {L"a\\b", L"C:\\a\\b", L"b"},
    {L"a\\..\\b", L"C:\\b", L"b"},
    {L"..\\..\\x", L"C:\\x", L"x"},
    {L"\\x", L"C:\\x", L"x"},
    {L"C:x", L"C:\\x", L"x"},
    {L"C:\\a\\.\\b\\", L"C:\\a\\b\\", NULL},
    {L"C:/a//b", L"C:\\a\\b", L"b"},
    {L"C:\\a\\b\\..", L"C:\\a", L"a"},
    {L"C:\\a\\b\\..\\", L"C:\\a\\", NULL},
    {L"a. ", L"C:\\a", L"a"},
    {L"a...", L"C:\\a", L"a"},
    {L"a.\\b", L"C:\\a\\b", L"b"},
    {L".", L"C:\\", NULL},
    {L"C:\\", L"C:\\", NULL},
    {L"C:", L"C:\\", NULL},
    {L"\\\\srv\\share\\..\\..\\x", L"\\\\srv\\share\\x", L"x"},
    {L"\\\\.\\pipe\\x", L"\\\\.\\pipe\\x", L"x"},
    {L"nul", L"\\\\.\\nul", NULL},
    {L"C:\\dir\\con", L"\\\\.\\con", NULL},
    {L"com1.txt", L"\\\\.\\com1", NULL},
    {L"con2", L"C:\\con2", L"con2"},
};

static void full_names(void)
{
    WCHAR buffer[260], *part;
    CHECK(SetCurrentDirectoryW(L"C:\\"));
    for (unsigned i = 0; i < sizeof whole / sizeof *whole; i++) {
        ULONG bytes = RtlGetFullPathName_U(whole[i].path, sizeof buffer, buffer, &part);
        if (bytes != 2u * lstrlenW(whole[i].whole) || lstrcmpW(buffer, whole[i].whole))
            printf("%ls is %ls, not %ls\n", whole[i].path, buffer, whole[i].whole);
        CHECK(bytes == 2u * lstrlenW(whole[i].whole) &&
              !lstrcmpW(buffer, whole[i].whole));
        CHECK(whole[i].part ? part && !lstrcmpW(part, whole[i].part) : !part);
    }
    CHECK_EQUAL(RtlGetFullPathName_U(L"C:\\abc", 6, buffer, NULL), 14);
    CHECK_EQUAL(RtlGetFullPathName_U(L"", sizeof buffer, buffer, NULL), 0);
}

static void kinds(void)
{
    CHECK_EQUAL(RtlDetermineDosPathNameType_U(L"\\\\s\\x"), 1);
    CHECK_EQUAL(RtlDetermineDosPathNameType_U(L"c:\\x"), 2);
    CHECK_EQUAL(RtlDetermineDosPathNameType_U(L"c:x"), 3);
    CHECK_EQUAL(RtlDetermineDosPathNameType_U(L"/x"), 4);
    CHECK_EQUAL(RtlDetermineDosPathNameType_U(L"x"), 5);
    CHECK_EQUAL(RtlDetermineDosPathNameType_U(L"\\\\.\\x"), 6);
    CHECK_EQUAL(RtlDetermineDosPathNameType_U(L"\\\\."), 7);
    CHECK_EQUAL(RtlIsDosDeviceName_U(L"C:\\a\\nul"), 10u << 16 | 6);
    CHECK_EQUAL(RtlIsDosDeviceName_U(L"nul.x"), 6);
    CHECK_EQUAL(RtlIsDosDeviceName_U(L"lpt0"), 0);
    CHECK_EQUAL(RtlIsDosDeviceName_U(L"nule"), 0);
}

static void nt_names(void)
{
    UNICODE_STRING name;
    static const WCHAR *const pairs[][2] = {
        {L"C:\\x\\y", L"\\??\\C:\\x\\y"},
        {L"\\\\srv\\share\\f", L"\\??\\UNC\\srv\\share\\f"},
        {L"\\\\.\\COM1", L"\\??\\COM1"},
        {L"\\\\?\\C:\\a\\..\\b", L"\\??\\C:\\a\\..\\b"},
        {L"NUL", L"\\??\\NUL"},
    };
    for (int i = 0; i < 5; i++) {
        CHECK(RtlDosPathNameToNtPathName_U(pairs[i][0], &name, NULL, NULL));
        CHECK(name.Length == 2 * lstrlenW(pairs[i][1]));
        CHECK(!lstrcmpW(name.Buffer, pairs[i][1]));
        RtlFreeUnicodeString(&name);
    }
}

static void numbered(WCHAR name[4], int i)
{
    name[0] = 'V';
    name[1] = (WCHAR)('A' + i / 20);
    name[2] = (WCHAR)('A' + i % 20);
    name[3] = 0;
}

static void environment(void)
{
    WCHAR value[32];
    CHECK(SetEnvironmentVariableW(L"fathom_b", L"two"));
    CHECK(SetEnvironmentVariableW(L"FATHOM_A", L"one"));
    CHECK(GetEnvironmentVariableW(L"Fathom_A", value, 32) == 3 &&
          !lstrcmpW(value, L"one"));
    CHECK(GetEnvironmentVariableW(L"FATHOM_B", value, 3) == 4);
    CHECK(SetEnvironmentVariableW(L"FATHOM_A", L"a longer value"));
    CHECK(GetEnvironmentVariableW(L"FATHOM_A", value, 32) == 14);
    CHECK(ExpandEnvironmentStringsW(L"<%fathom_b%|%NOT_THERE%|100%>", value, 32) == 23);
    CHECK(!lstrcmpW(value, L"<two|%NOT_THERE%|100%>"));
    CHECK(SetEnvironmentVariableW(L"FATHOM_A", NULL));
    CHECK(!GetEnvironmentVariableW(L"FATHOM_A", value, 32));
    CHECK_EQUAL(GetLastError(), ERROR_ENVVAR_NOT_FOUND);
    CHECK(!SetEnvironmentVariableW(L"a=b", L"x"));
    for (int i = 0; i < 200; i++) { /* the block grows and shrinks */
        WCHAR name[4];
        numbered(name, i * 7 % 200);
        CHECK(SetEnvironmentVariableW(name, name));
    }
    for (int i = 0; i < 200; i++) {
        WCHAR name[4];
        numbered(name, i);
        CHECK(GetEnvironmentVariableW(name, value, 32) && !lstrcmpW(name, value));
        CHECK(SetEnvironmentVariableW(name, NULL));
    }
}

int main(void)
{
    kinds();
    full_names();
    nt_names();
    environment();
    return 0;
}
