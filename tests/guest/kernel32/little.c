/* little.c - one answer each: the disk in clusters, nodes, devices, cancelling, locale names. */
#define _WIN32_WINNT 0x0601
#include "documented.h"

static BOOL disk(void)
{
    DWORD sectors = 0, bytes = 0, free = 0, total = 0;
    ULARGE_INTEGER available, whole, rest;
    return GetDiskFreeSpaceA("C:\\", &sectors, &bytes, &free, &total) &&
           GetDiskFreeSpaceExA("C:\\", &available, &whole, &rest) &&
           (ULONGLONG)sectors * bytes * total == whole.QuadPart && free <= total;
}

static BOOL nodes(void)
{
    ULONGLONG mask = 7, bytes = 0;
    UCHAR node = 7;
    return GetNumaNodeProcessorMask(0, &mask) && mask == 1 &&
           GetNumaProcessorNode(0, &node) && node == 0 &&
           GetNumaAvailableMemoryNode(0, &bytes) && bytes > 1 << 20;
}

int main(void)
{
    ULONGLONG mask;
    UCHAR node;
    DWORD returned = 7;
    WCHAR name[LOCALE_NAME_MAX_LENGTH] = L"";
    HANDLE file = CreateFileA("C:\\Temp\\device", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                              CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);

    documented("GetDiskFreeSpace",
               "clusters, sectors and bytes agree with GetDiskFreeSpaceEx", SAME, disk());
    documented("GetNumaNodeProcessorMask", "the processors of the node", SAME, nodes());
    documented(
        "GetNumaProcessorNode", "a processor that is not there: FFh and FALSE", SAME,
        FAILS(GetNumaProcessorNode(9, &node), ERROR_INVALID_PARAMETER) && node == 0xFF &&
            FAILS(GetNumaNodeProcessorMask(9, &mask), ERROR_INVALID_PARAMETER) &&
            mask == 0);
    documented("DeviceIoControl",
               "a code that the device does not know: ERROR_INVALID_FUNCTION", SAME,
               FAILS(DeviceIoControl(file, 0x90001, NULL, 0, NULL, 0, &returned, NULL),
                     ERROR_INVALID_FUNCTION) &&
                   returned == 0 &&
                   FAILS(DeviceIoControl((HANDLE)0x7654, 0x90001, NULL, 0, NULL, 0,
                                         &returned, NULL),
                         ERROR_INVALID_HANDLE));
    documented("CancelIoEx", "no operation is found: ERROR_NOT_FOUND", SAME,
               CancelIo(file) && FAILS(CancelIoEx(file, NULL), ERROR_NOT_FOUND) &&
                   FAILS(CancelIo((HANDLE)0x7654), ERROR_INVALID_HANDLE));
    documented("LocaleNameToLCID", "the locale of a name; what is none is 0", SAME,
               LocaleNameToLCID(L"en-US", 0) == 0x409 &&
                   LocaleNameToLCID(L"", 0) == LOCALE_INVARIANT &&
                   FAILS(LocaleNameToLCID(L"xx-none", 0), ERROR_INVALID_PARAMETER));
    documented("GetUserDefaultLocaleName", "the length with its zero", SAME,
               GetUserDefaultLocaleName(name, 85) == 6 && !lstrcmpW(name, L"en-US") &&
                   LCIDToLocaleName(0x409, NULL, 0, 0) == 6 &&
                   FAILS(LCIDToLocaleName(0x409, name, 3, 0), ERROR_INSUFFICIENT_BUFFER));
    documented("GetLocaleInfoEx", "as GetLocaleInfo, by the locale's name", SAME,
               GetLocaleInfoEx(L"en-US", LOCALE_SDECIMAL, name, 85) == 2 &&
                   name[0] == '.');
    CloseHandle(file);
    return undocumented();
}
