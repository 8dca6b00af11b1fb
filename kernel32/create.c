/* create.c - CreateProcess: find the image, gather the parameters, one service.
 *
 * NtCreateUserProcess does the rest: address space, image, PEB, first thread.  The
 * parameters (command line, environment, directory, standard handles) are made here in
 * our heap and copied by the kernel into the child.
 */
#include "k32.h"

#define NORMALIZED RTL_USER_PROC_PARAMS_NORMALIZED
#define NOT_BOTH   (DETACHED_PROCESS | CREATE_NEW_CONSOLE)

typedef struct {
    LPCWSTR Application, CommandLine, Directory;
    LPSECURITY_ATTRIBUTES ProcessSecurity, ThreadSecurity;
    BOOL Inherit;
    DWORD Flags;
    PVOID Environment;      /* UTF-16 or NULL */
    LPSTARTUPINFOW Startup; /* a STARTUPINFOEXW when Flags say so */
} REQUEST;

/* The program's file: the application name as it is, or the command line's first word, in
 * quotes or tried longer and longer at each blank, as documented. ERROR_FILE_NOT_FOUND,
 * ERROR_PATH_NOT_FOUND. */
static BOOL FindImage(const REQUEST *request, LPWSTR image, DWORD size)
{
    WCHAR word[MAX_PATH];
    LPCWSTR at = request->CommandLine, end;
    DWORD length;

    if (request->Application) {
        length = GetFullPathNameW(request->Application, size, image, NULL);
        if (!length)
            return BasepFail(ERROR_PATH_NOT_FOUND);
        return length < size && GetFileAttributesW(image) != INVALID_FILE_ATTRIBUTES;
    }
    while (*at == ' ' || *at == '\t')
        at++;
    if (*at == '"') {
        end = wcschr(++at, '"');
        length = end ? (DWORD)(end - at) : wcslen(at);
        if (length >= MAX_PATH)
            return BasepFail(ERROR_FILE_NOT_FOUND);
        memcpy(word, at, length * sizeof(WCHAR));
        word[length] = 0;
        return SearchPathW(NULL, word, L".exe", size, image, NULL) != 0;
    }
    for (end = at; *end || end > at; end++) {
        while (*end && *end != ' ' && *end != '\t')
            end++;
        length = (DWORD)(end - at);
        if (!length || length >= MAX_PATH)
            break;
        memcpy(word, at, length * sizeof(WCHAR));
        word[length] = 0;
        if (SearchPathW(NULL, word, L".exe", size, image, NULL))
            return TRUE;
        if (!*end)
            return wcschr(word, '\\') &&
                           GetFileAttributesW(word) == INVALID_FILE_ATTRIBUTES
                       ? FALSE
                       : BasepFail(ERROR_FILE_NOT_FOUND);
    }
    return BasepFail(ERROR_FILE_NOT_FOUND);
}

static void SetHandles(const REQUEST *request, PRTL_USER_PROCESS_PARAMETERS parameters)
{
    PRTL_USER_PROCESS_PARAMETERS own = BasePeb()->ProcessParameters;
    LPSTARTUPINFOW startup = request->Startup;

    parameters->StandardInput = own->StandardInput;
    parameters->StandardOutput = own->StandardOutput;
    parameters->StandardError = own->StandardError;
    /* As Windows: -1 no console, -2 a new one, -3 one without a window. */
    parameters->ConsoleHandle = request->Flags & DETACHED_PROCESS     ? (HANDLE)-1
                                : request->Flags & CREATE_NEW_CONSOLE ? (HANDLE)-2
                                : request->Flags & CREATE_NO_WINDOW   ? (HANDLE)-3
                                                                      : NULL;
    parameters->ConsoleFlags = own->ConsoleFlags;
    if (request->Flags & CREATE_NEW_PROCESS_GROUP &&
        !(request->Flags & CREATE_NEW_CONSOLE))
        parameters->ConsoleFlags =
            1 | 2; /* Ctrl-C ignored; 2: the kernel begins a group */
    if (startup->dwFlags & STARTF_USESTDHANDLES) {
        parameters->StandardInput = startup->hStdInput;
        parameters->StandardOutput = startup->hStdOutput;
        parameters->StandardError = startup->hStdError;
    }
    parameters->StartingX = startup->dwX;
    parameters->StartingY = startup->dwY;
    parameters->CountX = startup->dwXSize;
    parameters->CountY = startup->dwYSize;
    parameters->CountCharsX = startup->dwXCountChars;
    parameters->CountCharsY = startup->dwYCountChars;
    parameters->WindowFlags = startup->dwFlags;
    parameters->ShowWindowFlags = startup->wShowWindow;
    parameters->FillAttribute = startup->dwFillAttribute;
}

static NTSTATUS MakeParameters(const REQUEST *request, LPCWSTR image,
                               PRTL_USER_PROCESS_PARAMETERS *parameters)
{
    UNICODE_STRING path, line, directory, title, desktop, runtime;
    PVOID environment = request->Environment;
    NTSTATUS status;

    RtlInitUnicodeString(&path, image);
    RtlInitUnicodeString(&line, request->CommandLine ? request->CommandLine : image);
    RtlInitUnicodeString(&directory, request->Directory);
    RtlInitUnicodeString(&title,
                         request->Startup->lpTitle ? request->Startup->lpTitle : image);
    RtlInitUnicodeString(&desktop,
                         request->Startup->lpDesktop ? request->Startup->lpDesktop : L"");
    runtime =
        (UNICODE_STRING){request->Startup->cbReserved2, request->Startup->cbReserved2,
                         (PWSTR)request->Startup->lpReserved2};
    if (!environment)
        environment = BasePeb()->ProcessParameters->Environment;
    status = RtlCreateProcessParametersEx(parameters, &path, NULL,
                                          request->Directory ? &directory : NULL, &line,
                                          environment, &title, &desktop, NULL,
                                          runtime.Length ? &runtime : NULL, NORMALIZED);
    if (NT_SUCCESS(status))
        SetHandles(request, *parameters);
    return status;
}

static void AddAttribute(PPS_ATTRIBUTE_LIST list, ULONG_PTR which, SIZE_T size,
                         PVOID value)
{
    const ULONG at =
        (list->TotalLength - sizeof list->TotalLength) / sizeof(PS_ATTRIBUTE);

    list->Attributes[at] =
        (PS_ATTRIBUTE){.Attribute = which, .Size = size, .ValuePtr = value};
    list->TotalLength = PS_ATTRIBUTE_LIST_SIZE(at + 1);
}

/* What the flags set and what the caller's attribute list names goes to the kernel with the
 * request: the child has it all before its first instruction. */
static void AddAttributes(const REQUEST *request, PPS_ATTRIBUTE_LIST list)
{
    const UCHAR class = BasepPriorityClass(request->Flags);
    const BASE_ATTRIBUTES *given = NULL;

    if (class)
        AddAttribute(list, PS_ATTRIBUTE_PRIORITY_CLASS, sizeof class,
                     (PVOID)(ULONG_PTR) class);
    if (request->Flags & CREATE_DEFAULT_ERROR_MODE) /* 1: hard errors are shown */
        AddAttribute(list, PS_ATTRIBUTE_ERROR_MODE, sizeof(ULONG), (PVOID)1);
    if (request->Flags & EXTENDED_STARTUPINFO_PRESENT)
        given = (BASE_ATTRIBUTES *)((LPSTARTUPINFOEXW)request->Startup)->lpAttributeList;
    if (given && given->HandleList)
        AddAttribute(list, PS_ATTRIBUTE_HANDLE_LIST, given->HandleListSize,
                     (PVOID)given->HandleList);
    if (given && given->Parent)
        AddAttribute(list, PS_ATTRIBUTE_PARENT_PROCESS, sizeof(HANDLE), *given->Parent);
}

static NTSTATUS Start(const REQUEST *request, LPCWSTR image,
                      PRTL_USER_PROCESS_PARAMETERS parameters,
                      LPPROCESS_INFORMATION information)
{
    TEB_CLIENT_ID client = {0};
    BASE_NAME process, thread;
    UNICODE_STRING nt;
    PS_ATTRIBUTE_LIST list;
    NTSTATUS status;

    if (!RtlDosPathNameToNtPathName_U(image, &nt, NULL, NULL))
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    list.TotalLength = PS_ATTRIBUTE_LIST_SIZE(0);
    AddAttribute(&list, PS_ATTRIBUTE_IMAGE_NAME, nt.Length, nt.Buffer);
    AddAttribute(&list, PS_ATTRIBUTE_CLIENT_ID, sizeof client, &client);
    AddAttributes(request, &list);
    BaseFormatObjectAttributes(&process, request->ProcessSecurity, NULL, 0);
    BaseFormatObjectAttributes(&thread, request->ThreadSecurity, NULL, 0);
    status = NtCreateUserProcess(
        &information->hProcess, &information->hThread, PROCESS_ALL_ACCESS,
        THREAD_ALL_ACCESS, &process.Attributes, &thread.Attributes,
        request->Inherit ? PROCESS_CREATE_FLAGS_INHERIT_HANDLES : 0,
        request->Flags & CREATE_SUSPENDED ? THREAD_CREATE_FLAGS_CREATE_SUSPENDED : 0,
        parameters, NULL, &list);
    RtlFreeUnicodeString(&nt);
    information->dwProcessId = (DWORD)(ULONG_PTR)client.UniqueProcess;
    information->dwThreadId = (DWORD)(ULONG_PTR)client.UniqueThread;
    return status;
}

/* FALSE with ERROR_FILE_NOT_FOUND, ERROR_BAD_EXE_FORMAT, ERROR_NOT_ENOUGH_MEMORY, ...;
 * *information is written on success alone. */
static BOOL Create(const REQUEST *request, LPPROCESS_INFORMATION information)
{
    PRTL_USER_PROCESS_PARAMETERS parameters;
    PROCESS_INFORMATION made = {0};
    REQUEST whole = *request;
    WCHAR image[MAX_PATH], directory[MAX_PATH];
    NTSTATUS status;

    if (!request->Application && !request->CommandLine)
        return BasepFail(ERROR_INVALID_PARAMETER);
    if ((request->Flags & NOT_BOTH) == NOT_BOTH)
        return BasepFail(ERROR_INVALID_PARAMETER);
    if (request->CommandLine &&
        wcslen(request->CommandLine) > UNICODE_STRING_MAX_CHARS - 1)
        return BasepFail(ERROR_FILENAME_EXCED_RANGE);
    if ((request->Flags & EXTENDED_STARTUPINFO_PRESENT) &&
        request->Startup->cb != sizeof(STARTUPINFOEXW))
        return BasepFail(ERROR_INVALID_PARAMETER);
    if (request->Directory) {
        const DWORD is = GetFileAttributesW(request->Directory);
        if (is == INVALID_FILE_ATTRIBUTES || !(is & FILE_ATTRIBUTE_DIRECTORY) ||
            GetFullPathNameW(request->Directory, MAX_PATH, directory, NULL) >= MAX_PATH)
            return BasepFail(ERROR_DIRECTORY);
        whole.Directory = directory;
    }
    if (!FindImage(request, image, MAX_PATH))
        return FALSE;
    status = MakeParameters(&whole, image, &parameters);
    if (!BasepResult(status))
        return FALSE;
    status = Start(request, image, parameters, &made);
    RtlDestroyProcessParameters(parameters);
    if (status == STATUS_INVALID_IMAGE_FORMAT || status == STATUS_INVALID_IMAGE_NOT_MZ)
        return BasepFail(ERROR_BAD_EXE_FORMAT);
    if (!BasepResult(status))
        return FALSE;
    *information = made;
    return TRUE;
}

/* An ANSI environment block in UTF-16; NULL stays NULL. FALSE: no memory. */
static BOOL WideEnvironment(LPCSTR block, LPWSTR *wide)
{
    LPCSTR end = block;
    ULONG bytes, written;

    *wide = NULL;
    if (!block)
        return TRUE;
    while (*end)
        end += strlen(end) + 1;
    bytes = (ULONG)(end - block) + 1;
    if (bytes == 1)
        bytes = 2; /* an empty block still has two NULs */
    *wide = RtlAllocateHeap(BaseHeap(), HEAP_ZERO_MEMORY, bytes * sizeof(WCHAR));
    if (!*wide)
        return BasepFail(ERROR_NOT_ENOUGH_MEMORY);
    RtlMultiByteToUnicodeN(*wide, bytes * sizeof(WCHAR), &written, block,
                           (ULONG)(end - block) + 1);
    return TRUE;
}

BOOL WINAPI CreateProcessW(LPCWSTR application, LPWSTR commandLine,
                           LPSECURITY_ATTRIBUTES processSecurity,
                           LPSECURITY_ATTRIBUTES threadSecurity, BOOL inherit,
                           DWORD flags, LPVOID environment, LPCWSTR directory,
                           LPSTARTUPINFOW startup, LPPROCESS_INFORMATION information)
{
    LPWSTR wide = NULL;
    REQUEST request = {application,     commandLine,    directory,
                       processSecurity, threadSecurity, inherit,
                       flags,           environment,    startup};
    BOOL done;

    if (!(flags & CREATE_UNICODE_ENVIRONMENT)) {
        if (!WideEnvironment(environment, &wide))
            return FALSE;
        request.Environment = wide;
    }
    done = Create(&request, information);
    BasepFree(wide);
    return done;
}

BOOL WINAPI CreateProcessA(LPCSTR application, LPSTR commandLine,
                           LPSECURITY_ATTRIBUTES processSecurity,
                           LPSECURITY_ATTRIBUTES threadSecurity, BOOL inherit,
                           DWORD flags, LPVOID environment, LPCSTR directory,
                           LPSTARTUPINFOA startup, LPPROCESS_INFORMATION information)
{
    STARTUPINFOEXW extended;
    LPSTARTUPINFOW wide = &extended.StartupInfo;
    LPWSTR strings[5] = {BasepToWide(application), BasepToWide(commandLine),
                         BasepToWide(directory), BasepToWide(startup->lpTitle),
                         BasepToWide(startup->lpDesktop)};
    LPCSTR originals[5] = {application, commandLine, directory, startup->lpTitle,
                           startup->lpDesktop};
    BOOL ready = TRUE, done = FALSE;
    ULONG i;

    for (i = 0; i < ARRAYSIZE(strings); i++)
        ready = ready && (strings[i] || !originals[i]);
    /* The two differ in the strings alone. */
    memcpy(&extended, startup,
           flags & EXTENDED_STARTUPINFO_PRESENT ? sizeof extended : sizeof *wide);
    wide->lpTitle = strings[3];
    wide->lpDesktop = strings[4];
    if (ready)
        done = CreateProcessW(strings[0], strings[1], processSecurity, threadSecurity,
                              inherit, flags, environment, strings[2], wide, information);
    for (i = 0; i < ARRAYSIZE(strings); i++)
        BasepFree(strings[i]);
    return done;
}

/* Sixteen-bit Windows' way: above 31 means that it was started. */
UINT WINAPI WinExec(LPCSTR commandLine, UINT show)
{
    STARTUPINFOA startup = {
        .cb = sizeof startup, .dwFlags = STARTF_USESHOWWINDOW, .wShowWindow = (WORD)show};
    PROCESS_INFORMATION information;

    if (!CreateProcessA(NULL, (LPSTR)commandLine, NULL, NULL, FALSE, 0, NULL, NULL,
                        &startup, &information))
        return RtlGetLastWin32Error() == ERROR_BAD_EXE_FORMAT ? ERROR_BAD_FORMAT
                                                              : ERROR_FILE_NOT_FOUND;
    CloseHandle(information.hThread);
    CloseHandle(information.hProcess);
    return 33;
}
