/* token.c - access tokens, which no process has, and the numbers of privileges.
 *
 * No token can be opened, so none of their functions ever gets one: what takes a token says
 * ERROR_INVALID_HANDLE.  A privilege's number is a constant of Windows ([MS-LSAD] 3.1.1.2.1).
 */
#include "advapi.h"

static const char *const privileges[] = {
    [2] = "SeCreateTokenPrivilege",
    "SeAssignPrimaryTokenPrivilege",
    "SeLockMemoryPrivilege",
    "SeIncreaseQuotaPrivilege",
    [7] = "SeTcbPrivilege",
    "SeSecurityPrivilege",
    "SeTakeOwnershipPrivilege",
    "SeLoadDriverPrivilege",
    "SeSystemProfilePrivilege",
    "SeSystemtimePrivilege",
    "SeProfileSingleProcessPrivilege",
    "SeIncreaseBasePriorityPrivilege",
    "SeCreatePagefilePrivilege",
    "SeCreatePermanentPrivilege",
    "SeBackupPrivilege",
    "SeRestorePrivilege",
    "SeShutdownPrivilege",
    "SeDebugPrivilege",
    "SeAuditPrivilege",
    "SeSystemEnvironmentPrivilege",
    "SeChangeNotifyPrivilege",
    "SeRemoteShutdownPrivilege",
    "SeUndockPrivilege",
    "SeSyncAgentPrivilege",
    "SeEnableDelegationPrivilege",
    "SeManageVolumePrivilege",
    "SeImpersonatePrivilege",
    "SeCreateGlobalPrivilege",
    "SeTrustedCredManAccessPrivilege",
    "SeRelabelPrivilege",
    "SeIncreaseWorkingSetPrivilege",
    "SeTimeZonePrivilege",
    "SeCreateSymbolicLinkPrivilege",
};

/* system: another machine's name, or empty. */
WINBOOL WINAPI LookupPrivilegeValueA(LPCSTR system, LPCSTR name, PLUID value)
{
    if (system && *system)
        return Fail(ERROR_CALL_NOT_IMPLEMENTED);
    for (DWORD i = 0; i < sizeof privileges / sizeof *privileges; i++)
        if (privileges[i] && name && !lstrcmpiA(name, privileges[i])) {
            *value = (LUID){i, 0};
            return TRUE;
        }
    return Fail(ERROR_NO_SUCH_PRIVILEGE);
}

WINBOOL WINAPI LookupPrivilegeValueW(LPCWSTR system, LPCWSTR name, PLUID value)
{
    char narrow[64] = "";
    if (system && *system)
        return Fail(ERROR_CALL_NOT_IMPLEMENTED);
    if (name &&
        !WideCharToMultiByte(CP_ACP, 0, name, -1, narrow, sizeof narrow, NULL, NULL))
        return Fail(ERROR_NO_SUCH_PRIVILEGE);
    return LookupPrivilegeValueA(NULL, narrow, value);
}

WINBOOL WINAPI OpenProcessToken(HANDLE process, DWORD access, PHANDLE token)
{
    (void)process, (void)access;
    *token = NULL;
    return Fail(ERROR_ACCESS_DENIED);
}

WINBOOL WINAPI OpenThreadToken(HANDLE thread, DWORD access, WINBOOL self, PHANDLE token)
{
    (void)thread, (void)access, (void)self;
    *token = NULL;
    return Fail(ERROR_NO_TOKEN);
}

WINBOOL WINAPI AdjustTokenPrivileges(HANDLE token, WINBOOL disable,
                                     PTOKEN_PRIVILEGES state, DWORD length,
                                     PTOKEN_PRIVILEGES previous, PDWORD returned)
{
    (void)token, (void)disable, (void)state, (void)length, (void)previous, (void)returned;
    return Fail(ERROR_INVALID_HANDLE);
}

WINBOOL WINAPI GetTokenInformation(HANDLE token, TOKEN_INFORMATION_CLASS class,
                                   LPVOID data, DWORD length, PDWORD returned)
{
    (void)token, (void)class, (void)data, (void)length, (void)returned;
    return Fail(ERROR_INVALID_HANDLE);
}
