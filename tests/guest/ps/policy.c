/* policy.c - boost, data execution, sessions; the forms with a node or an attribute list. */
#define _WIN32_WINNT 0x0601
#include <windows.h>
#include "documented.h"

static DWORD WINAPI seven(void *argument)
{
    return argument == (void *)5 ? 7 : 0;
}

static BOOL nx_compatible(void)
{
    const char *base = (const char *)GetModuleHandleA(NULL);
    const IMAGE_NT_HEADERS *nt =
        (const IMAGE_NT_HEADERS *)(base + ((const IMAGE_DOS_HEADER *)base)->e_lfanew);
    return (nt->OptionalHeader.DllCharacteristics & IMAGE_DLLCHARACTERISTICS_NX_COMPAT) !=
           0;
}

static void told(void)
{
    BOOL disabled = TRUE, permanent;
    DWORD flags, session;
    IO_COUNTERS counters;

    documented("GetProcessPriorityBoost", "FALSE: boosting is enabled, as it is at first",
               SAME, GetProcessPriorityBoost(SELF, &disabled) && !disabled);
    documented("SetProcessPriorityBoost", "what was set is told", SAME,
               SetProcessPriorityBoost(SELF, TRUE) &&
                   GetProcessPriorityBoost(SELF, &disabled) && disabled &&
                   SetProcessPriorityBoost(SELF, FALSE));
    documented("GetProcessDEPPolicy", "enabled for good for a program linked /NXCOMPAT",
               SAME,
               GetProcessDEPPolicy(SELF, &flags, &permanent) &&
                   (flags & PROCESS_DEP_ENABLE) == (nx_compatible() ? 1u : 0u) &&
                   permanent == nx_compatible());
    documented("SetProcessDEPPolicy", "what stands for good cannot be changed", SAME,
               nx_compatible() ? FAILS(SetProcessDEPPolicy(0), ERROR_ACCESS_DENIED)
                               : SetProcessDEPPolicy(PROCESS_DEP_ENABLE));
    documented("GetSystemDEPPolicy", "OptIn, as Windows 7 is set up", SAME,
               GetSystemDEPPolicy() == 2);
    documented("ProcessIdToSessionId", "every process is of the one session", SIMPLIFIED,
               ProcessIdToSessionId(GetCurrentProcessId(), &session) && session == 1 &&
                   FAILS(ProcessIdToSessionId(3, &session), ERROR_INVALID_PARAMETER));
    documented("GetProcessIoCounters", "input and output are not counted", DIFFERS,
               GetProcessIoCounters(SELF, &counters) && counters.ReadOperationCount == 0);
}

static void forms(void)
{
    HANDLE section = CreateFileMappingNumaA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0,
                                            4096, "policy", 0);
    HANDLE thread = CreateRemoteThreadEx(SELF, NULL, 0, seven, (void *)5, 0, NULL, NULL);
    DWORD code;

    documented("CreateFileMappingNuma", "a node is a preference", SAME,
               section && OpenFileMappingA(FILE_MAP_READ, FALSE, "policy"));
    documented("CreateRemoteThreadEx", "a thread, as CreateRemoteThread makes it", SAME,
               thread && WaitForSingleObject(thread, 5000) == WAIT_OBJECT_0 &&
                   GetExitCodeThread(thread, &code) && code == 7);
    FlushProcessWriteBuffers();
}

int main(void)
{
    told();
    forms();
    return undocumented();
}
