/* version.c - which Windows this is: 6.1.7601 Service Pack 1, the one that Fathom
 * rebuilds. */
#include "ntdllp.h"

enum { MAJOR = 6, MINOR = 1, BUILD = 7601, SERVICE_PACK = 1 };

/* dwOSVersionInfoSize says whether it is the long form; otherwise only the short is
 * filled. */
NTSTATUS NTAPI RtlGetVersion(PRTL_OSVERSIONINFOW Information)
{
    Information->dwMajorVersion = MAJOR;
    Information->dwMinorVersion = MINOR;
    Information->dwBuildNumber = BUILD;
    Information->dwPlatformId = VER_PLATFORM_WIN32_NT;
    memset(Information->szCSDVersion, 0, sizeof Information->szCSDVersion);
    memcpy(Information->szCSDVersion, L"Service Pack 1", 28);
    if (Information->dwOSVersionInfoSize < sizeof(RTL_OSVERSIONINFOEXW))
        return STATUS_SUCCESS;
    PRTL_OSVERSIONINFOEXW more = (PRTL_OSVERSIONINFOEXW)Information;
    more->wServicePackMajor = SERVICE_PACK;
    more->wServicePackMinor = 0;
    more->wSuiteMask = VER_SUITE_SINGLEUSERTS;
    more->wProductType = VER_NT_WORKSTATION;
    more->wReserved = 0;
    return STATUS_SUCCESS;
}

/* Build with F0000000h: a release build. */
VOID NTAPI RtlGetNtVersionNumbers(PULONG Major, PULONG Minor, PULONG Build)
{
    if (Major)
        *Major = MAJOR;
    if (Minor)
        *Minor = MINOR;
    if (Build)
        *Build = 0xF0000000u | BUILD;
}

/* Three bits for each of the eight kinds, the kind of the lowest bit first. */
ULONGLONG NTAPI VerSetConditionMask(ULONGLONG Mask, DWORD TypeMask, BYTE Condition)
{
    ULONGLONG result = Mask;
    for (ULONG bit = 0; bit < 8; bit++)
        if (TypeMask & (1u << bit)) {
            result |= (ULONGLONG)(Condition & 7) << (bit * 3);
            break;
        }
    return result;
}

static BOOLEAN Holds(LONGLONG ours, LONGLONG theirs, ULONG condition)
{
    switch (condition) {
    case VER_EQUAL:
        return ours == theirs;
    case VER_GREATER:
        return ours > theirs;
    case VER_GREATER_EQUAL:
        return ours >= theirs;
    case VER_LESS:
        return ours < theirs;
    case VER_LESS_EQUAL:
        return ours <= theirs;
    case VER_AND:
        return (ours & theirs) == theirs;
    default:
        return (ours & theirs) != 0; /* VER_OR */
    }
}

/* STATUS_REVISION_MISMATCH if a condition does not hold.  Major, minor and service pack
 * are compared as one number where more than one is asked for, as documented. */
NTSTATUS NTAPI RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW Wanted, ULONG Types,
                                    ULONGLONG Conditions)
{
    if (!Types)
        return STATUS_INVALID_PARAMETER;
    LONGLONG ours = 0, theirs = 0;
    ULONG condition = 0;
    const struct {
        ULONG Type, Bit, Ours, Theirs;
    } parts[] = {{VER_MAJORVERSION, 1, MAJOR, Wanted->dwMajorVersion},
                 {VER_MINORVERSION, 0, MINOR, Wanted->dwMinorVersion},
                 {VER_SERVICEPACKMAJOR, 5, SERVICE_PACK, Wanted->wServicePackMajor},
                 {VER_SERVICEPACKMINOR, 4, 0, Wanted->wServicePackMinor}};
    for (ULONG i = 0; i < 4; i++) {
        if (!(Types & parts[i].Type))
            continue;
        ours = ours << 16 | parts[i].Ours;
        theirs = theirs << 16 | parts[i].Theirs;
        if (!condition)
            condition = (ULONG)(Conditions >> (parts[i].Bit * 3)) & 7;
    }
    if (condition && !Holds(ours, theirs, condition))
        return STATUS_REVISION_MISMATCH;
    if ((Types & VER_BUILDNUMBER) &&
        !Holds(BUILD, Wanted->dwBuildNumber, (ULONG)(Conditions >> 6) & 7))
        return STATUS_REVISION_MISMATCH;
    if ((Types & VER_PLATFORMID) &&
        !Holds(VER_PLATFORM_WIN32_NT, Wanted->dwPlatformId, (ULONG)(Conditions >> 9) & 7))
        return STATUS_REVISION_MISMATCH;
    if ((Types & VER_SUITENAME) &&
        !Holds(VER_SUITE_SINGLEUSERTS, Wanted->wSuiteMask, (ULONG)(Conditions >> 18) & 7))
        return STATUS_REVISION_MISMATCH;
    if ((Types & VER_PRODUCT_TYPE) &&
        !Holds(VER_NT_WORKSTATION, Wanted->wProductType, (ULONG)(Conditions >> 21) & 7))
        return STATUS_REVISION_MISMATCH;
    return STATUS_SUCCESS;
}
