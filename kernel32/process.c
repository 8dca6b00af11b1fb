/* process.c - the own process and others by handle; starting one is create.c's.
 *
 * Most of what a program asks about itself lies in the PEB and its process parameters.
 */
#include "k32.h"

static ANSI_STRING CommandLineA; /* made once: the pointer must stay the same */

void BasepInitializeProcess(void)
{
    RtlUnicodeStringToAnsiString(&CommandLineA,
                                 &BasePeb()->ProcessParameters->CommandLine, TRUE);
}

LPWSTR WINAPI GetCommandLineW(void)
{
    return BasePeb()->ProcessParameters->CommandLine.Buffer;
}

LPSTR WINAPI GetCommandLineA(void)
{
    return CommandLineA.Buffer;
}

HANDLE WINAPI GetCurrentProcess(void)
{
    return NtCurrentProcess();
}

DWORD WINAPI GetCurrentProcessId(void)
{
    return (DWORD)(ULONG_PTR)BaseTeb()->ClientId.UniqueProcess;
}

/* First the other threads end, then the DLLs are called, then the process ends. */
VOID WINAPI ExitProcess(UINT code)
{
    NtTerminateProcess(NULL, (NTSTATUS)code);
    LdrShutdownProcess();
    NtTerminateProcess(NtCurrentProcess(), (NTSTATUS)code);
    __builtin_unreachable();
}

/* No DLL is called. ERROR_ACCESS_DENIED for one that has ended, ERROR_INVALID_HANDLE. */
BOOL WINAPI TerminateProcess(HANDLE process, UINT code)
{
    if (!process)
        return BasepFail(ERROR_INVALID_HANDLE);
    return BasepResult(NtTerminateProcess(process, (NTSTATUS)code));
}

typedef struct {
    NTSTATUS ExitStatus;
    PPEB PebBaseAddress;
    ULONG_PTR AffinityMask;
    LONG BasePriority;
    ULONG_PTR UniqueProcessId;
    ULONG_PTR ParentProcessId;
} PROCESS_BASIC;

static BOOL Basic(HANDLE process, PROCESS_BASIC *basic)
{
    return BasepResult(NtQueryInformationProcess(process, ProcessBasicInformation, basic,
                                                 sizeof *basic, NULL));
}

/* STILL_ACTIVE (259) while it runs. */
BOOL WINAPI GetExitCodeProcess(HANDLE process, LPDWORD code)
{
    PROCESS_BASIC basic;

    if (!Basic(process, &basic))
        return FALSE;
    *code = (DWORD)basic.ExitStatus;
    return TRUE;
}

DWORD WINAPI GetProcessId(HANDLE process)
{
    PROCESS_BASIC basic;
    return Basic(process, &basic) ? basic.UniqueProcessId : 0;
}

/* ERROR_INVALID_PARAMETER: no such process. */
HANDLE WINAPI OpenProcess(DWORD access, BOOL inherit, DWORD id)
{
    OBJECT_ATTRIBUTES attributes;
    CLIENT_ID client = {.UniqueProcess = (HANDLE)(ULONG_PTR)id};
    HANDLE process = NULL;
    NTSTATUS status;

    InitializeObjectAttributes(&attributes, NULL, inherit ? OBJ_INHERIT : 0, NULL, NULL);
    status = NtOpenProcess(&process, access, &attributes, &client);
    if (status == STATUS_INVALID_CID)
        status = STATUS_INVALID_PARAMETER;
    return BasepResult(status) ? process : NULL;
}

BOOL WINAPI GetProcessAffinityMask(HANDLE process, PDWORD_PTR own, PDWORD_PTR system)
{
    PROCESS_BASIC basic;

    if (!Basic(process, &basic))
        return FALSE;
    *own = basic.AffinityMask ? basic.AffinityMask : 1;
    *system = 1; /* one processor */
    return TRUE;
}

BOOL WINAPI SetProcessAffinityMask(HANDLE process, DWORD_PTR mask)
{
    PROCESS_BASIC basic;

    if (mask != 1)
        return BasepFail(ERROR_INVALID_PARAMETER);
    return Basic(process, &basic);
}

/* The kernel's numbers of the priority classes, and the documented constants. */
static const struct {
    UCHAR Kernel;
    DWORD Win32;
} PriorityClasses[] = {
    {1, IDLE_PRIORITY_CLASS},   {5, BELOW_NORMAL_PRIORITY_CLASS},
    {2, NORMAL_PRIORITY_CLASS}, {6, ABOVE_NORMAL_PRIORITY_CLASS},
    {3, HIGH_PRIORITY_CLASS},   {4, REALTIME_PRIORITY_CLASS},
};

UCHAR BasepPriorityClass(DWORD flags)
{
    ULONG i;

    for (i = 0; i < ARRAYSIZE(PriorityClasses); i++) {
        if (flags & PriorityClasses[i].Win32)
            return PriorityClasses[i].Kernel;
    }
    return 0;
}

typedef struct {
    BOOLEAN Foreground;
    UCHAR Class;
} PRIORITY;

DWORD WINAPI GetPriorityClass(HANDLE process)
{
    PRIORITY priority = {0};
    ULONG i;

    if (!BasepResult(NtQueryInformationProcess(process, ProcessPriorityClass, &priority,
                                               sizeof priority, NULL)))
        return 0;
    for (i = 0; i < ARRAYSIZE(PriorityClasses); i++) {
        if (PriorityClasses[i].Kernel == priority.Class)
            return PriorityClasses[i].Win32;
    }
    return NORMAL_PRIORITY_CLASS;
}

/* ERROR_INVALID_PARAMETER: not one class, or not one class alone. */
BOOL WINAPI SetPriorityClass(HANDLE process, DWORD class)
{
    PRIORITY priority = {.Class = class & (class - 1) ? 0 : BasepPriorityClass(class)};

    if (!priority.Class)
        return BasepFail(ERROR_INVALID_PARAMETER);
    return BasepResult(NtSetInformationProcess(process, ProcessPriorityClass, &priority,
                                               sizeof priority));
}

BOOL WINAPI GetProcessHandleCount(HANDLE process, PDWORD count)
{
    return BasepResult(NtQueryInformationProcess(process, ProcessHandleCount, count,
                                                 sizeof *count, NULL));
}

/* In bytes; what they do is bound the pages that can be locked. */
BOOL WINAPI GetProcessWorkingSetSize(HANDLE process, PSIZE_T minimum, PSIZE_T maximum)
{
    QUOTA_LIMITS limits;
    if (!BasepResult(NtQueryInformationProcess(process, ProcessQuotaLimits, &limits,
                                               sizeof limits, NULL)))
        return FALSE;
    *minimum = limits.MinimumWorkingSetSize;
    *maximum = limits.MaximumWorkingSetSize;
    return TRUE;
}

/* ERROR_INVALID_PARAMETER: a minimum of 0 or above the maximum, a maximum below 13 pages
 * or more than there is. */
BOOL WINAPI SetProcessWorkingSetSize(HANDLE process, SIZE_T minimum, SIZE_T maximum)
{
    QUOTA_LIMITS limits = {.MinimumWorkingSetSize = minimum,
                           .MaximumWorkingSetSize = maximum};
    return BasepResult(
        NtSetInformationProcess(process, ProcessQuotaLimits, &limits, sizeof limits));
}

/* The same; *flags: both limits are soft ones, which is all they can be here. */
BOOL WINAPI GetProcessWorkingSetSizeEx(HANDLE process, PSIZE_T minimum, PSIZE_T maximum,
                                       PDWORD flags)
{
    if (!GetProcessWorkingSetSize(process, minimum, maximum))
        return FALSE;
    *flags = QUOTA_LIMITS_HARDWS_MIN_DISABLE | QUOTA_LIMITS_HARDWS_MAX_DISABLE;
    return TRUE;
}

/* ERROR_INVALID_PARAMETER: an unknown flag, or one limit both ways; ERROR_NOT_SUPPORTED: a hard
 * one. */
BOOL WINAPI SetProcessWorkingSetSizeEx(HANDLE process, SIZE_T minimum, SIZE_T maximum,
                                       DWORD flags)
{
    const DWORD hard = QUOTA_LIMITS_HARDWS_MIN_ENABLE | QUOTA_LIMITS_HARDWS_MAX_ENABLE;

    if (flags & ~0xFu || (flags & hard) & (flags >> 1 & hard))
        return BasepFail(ERROR_INVALID_PARAMETER);
    if (flags & hard)
        return BasepFail(ERROR_NOT_SUPPORTED);
    return SetProcessWorkingSetSize(process, minimum, maximum);
}

/* ---- what the starter left in the process parameters ---- */

VOID WINAPI GetStartupInfoW(LPSTARTUPINFOW info)
{
    PRTL_USER_PROCESS_PARAMETERS parameters = BasePeb()->ProcessParameters;

    *info = (STARTUPINFOW){.cb = sizeof *info,
                           .lpDesktop = parameters->DesktopInfo.Buffer,
                           .lpTitle = parameters->WindowTitle.Buffer,
                           .dwX = parameters->StartingX,
                           .dwY = parameters->StartingY,
                           .dwXSize = parameters->CountX,
                           .dwYSize = parameters->CountY,
                           .dwXCountChars = parameters->CountCharsX,
                           .dwYCountChars = parameters->CountCharsY,
                           .dwFillAttribute = parameters->FillAttribute,
                           .dwFlags = parameters->WindowFlags,
                           .wShowWindow = (WORD)parameters->ShowWindowFlags,
                           .cbReserved2 = parameters->RuntimeData.Length,
                           .lpReserved2 = (LPBYTE)parameters->RuntimeData.Buffer};
    if (info->dwFlags & STARTF_USESTDHANDLES) {
        info->hStdInput = parameters->StandardInput;
        info->hStdOutput = parameters->StandardOutput;
        info->hStdError = parameters->StandardError;
    }
}

VOID WINAPI GetStartupInfoA(LPSTARTUPINFOA info)
{
    static LPSTR title, desktop; /* made once, as the pointers must live on */
    STARTUPINFOW wide;

    GetStartupInfoW(&wide);
    if (!title)
        title = BasepToAnsi(wide.lpTitle ? wide.lpTitle : L"");
    if (!desktop)
        desktop = BasepToAnsi(wide.lpDesktop ? wide.lpDesktop : L"");
    memcpy(info, &wide,
           sizeof *info); /* the two structures differ in the strings alone */
    info->lpReserved = NULL;
    info->lpTitle = title;
    info->lpDesktop = desktop;
}

static PHANDLE Standard(DWORD which)
{
    PRTL_USER_PROCESS_PARAMETERS parameters = BasePeb()->ProcessParameters;

    switch (which) {
    case STD_INPUT_HANDLE:
        return &parameters->StandardInput;
    case STD_OUTPUT_HANDLE:
        return &parameters->StandardOutput;
    case STD_ERROR_HANDLE:
        return &parameters->StandardError;
    }
    return NULL;
}

/* INVALID_HANDLE_VALUE with ERROR_INVALID_HANDLE for any other number. */
HANDLE WINAPI GetStdHandle(DWORD which)
{
    PHANDLE slot = Standard(which);

    if (slot)
        return *slot;
    RtlSetLastWin32Error(ERROR_INVALID_HANDLE);
    return INVALID_HANDLE_VALUE;
}

BOOL WINAPI SetStdHandle(DWORD which, HANDLE handle)
{
    PHANDLE slot = Standard(which);

    if (!slot)
        return BasepFail(ERROR_INVALID_HANDLE);
    *slot = handle;
    return TRUE;
}

#define IMAGE_FILE_NAME_WIN32 43 /* ProcessImageFileNameWin32 */

/* The program's file: C:\..., or the device's path with PROCESS_NAME_NATIVE. *size: room in
 * characters, then the length without the NUL. ERROR_INSUFFICIENT_BUFFER. */
WINBOOL WINAPI QueryFullProcessImageNameW(HANDLE process, DWORD flags, LPWSTR out,
                                          PDWORD size)
{
    struct {
        UNICODE_STRING Name;
        WCHAR Text[MAX_PATH * 2];
    } image;
    ULONG class =
        flags & PROCESS_NAME_NATIVE ? (ULONG)ProcessImageFileName : IMAGE_FILE_NAME_WIN32;
    DWORD length;

    if (!BasepResult(
            NtQueryInformationProcess(process, class, &image, sizeof image, NULL)))
        return FALSE;
    length = image.Name.Length / sizeof(WCHAR);
    if (length >= *size)
        return BasepFail(ERROR_INSUFFICIENT_BUFFER);
    memcpy(out, image.Name.Buffer, length * sizeof(WCHAR));
    out[length] = 0;
    *size = length;
    return TRUE;
}

WINBOOL WINAPI QueryFullProcessImageNameA(HANDLE process, DWORD flags, LPSTR out,
                                          PDWORD size)
{
    WCHAR wide[MAX_PATH * 2];
    DWORD length = ARRAYSIZE(wide);

    if (!QueryFullProcessImageNameW(process, flags, wide, &length))
        return FALSE;
    if (length >= *size)
        return BasepFail(ERROR_INSUFFICIENT_BUFFER);
    *size = BasepReturnAnsi(wide, out, *size);
    return TRUE;
}
