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
    case VER_OR:
        return !theirs || (ours & theirs) != 0;
    default: /* none was set */
        return FALSE;
    }
}

/* Major, minor and service pack, in this order: the first that differs decides.  Each is judged
 * by its own condition as long as those before it say VER_EQUAL; any other condition goes for
 * all that follow. */
static BOOLEAN HoldsVersion(PRTL_OSVERSIONINFOEXW wanted, ULONG types,
                            ULONGLONG conditions)
{
    const struct {
        ULONG Type, Bit, Ours, Theirs;
    } parts[] = {{VER_MAJORVERSION, 1, MAJOR, wanted->dwMajorVersion},
                 {VER_MINORVERSION, 0, MINOR, wanted->dwMinorVersion},
                 {VER_SERVICEPACKMAJOR, 5, SERVICE_PACK, wanted->wServicePackMajor},
                 {VER_SERVICEPACKMINOR, 4, 0, wanted->wServicePackMinor}};
    ULONG condition = VER_EQUAL;
    for (ULONG i = 0; i < 4; i++) {
        if (!(types & parts[i].Type))
            continue;
        if (condition == VER_EQUAL)
            condition = (ULONG)(conditions >> (parts[i].Bit * 3)) & 7;
        if (!condition || parts[i].Ours != parts[i].Theirs)
            return Holds(parts[i].Ours, parts[i].Theirs, condition);
    }
    return condition != VER_LESS && condition != VER_GREATER;
}

/* STATUS_REVISION_MISMATCH if a condition does not hold, or one that is asked for was not set.
 * Documented: VerifyVersionInfo. */
NTSTATUS NTAPI RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW Wanted, ULONG Types,
                                    ULONGLONG Conditions)
{
    const struct {
        ULONG Type, Bit, Ours, Theirs;
    } others[] = {{VER_BUILDNUMBER, 2, BUILD, Wanted->dwBuildNumber},
                  {VER_PLATFORMID, 3, VER_PLATFORM_WIN32_NT, Wanted->dwPlatformId},
                  {VER_SUITENAME, 6, VER_SUITE_SINGLEUSERTS, Wanted->wSuiteMask},
                  {VER_PRODUCT_TYPE, 7, VER_NT_WORKSTATION, Wanted->wProductType}};
    if (!Types)
        return STATUS_INVALID_PARAMETER;
    if (!HoldsVersion(Wanted, Types, Conditions))
        return STATUS_REVISION_MISMATCH;
    for (ULONG i = 0; i < 4; i++)
        if (Types & others[i].Type &&
            !Holds(others[i].Ours, others[i].Theirs,
                   (ULONG)(Conditions >> (others[i].Bit * 3)) & 7))
            return STATUS_REVISION_MISMATCH;
    return STATUS_SUCCESS;
}
