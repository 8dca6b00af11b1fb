/* thread.c - where every thread begins and ends, and what it knows of itself.
 *
 *   kernel -> LdrInitializeThunk -> NtContinue -> RtlUserThreadStart -> _RtlUserThreadStart
 *          -> kernel32!BaseThreadInitThunk -> the start address -> RtlExitUserThread
 *
 * _RtlUserThreadStart lays the outermost frame of the handler list.  An exception that no
 * other frame took reaches it, and it asks the process's unhandled filter (kernel32 sets it).
 * "Execute handler" ends the process with the exception's code; with "continue search" the
 * dispatcher runs out of frames, and the kernel reports the crash.
 *
 * The last thread to end takes the process with it, in this order, as on Windows: all other
 * threads are stopped, the DLLs are called (LdrShutdownProcess), the process ends.
 */
#include "ntdllp.h"
#include "userstack.h"

#define ThreadAmILastThread 12

LPTOP_LEVEL_EXCEPTION_FILTER RtlpUnhandledExceptionFilter;
PTHREAD_INIT_THUNK RtlpThreadInitThunk;

VOID NTAPI RtlSetUnhandledExceptionFilter(LPTOP_LEVEL_EXCEPTION_FILTER Filter)
{
    RtlpUnhandledExceptionFilter = Filter;
}

static EXCEPTION_DISPOSITION __cdecl OutermostHandler(PEXCEPTION_RECORD record,
                                                      PVOID frame, PCONTEXT context,
                                                      PVOID dispatcher)
{
    (void)frame, (void)dispatcher;
    if ((record->ExceptionFlags & 6) || !RtlpUnhandledExceptionFilter)
        return ExceptionContinueSearch;
    RtlpTellFault(record);
    EXCEPTION_POINTERS pointers = {record, context};
    switch (RtlpUnhandledExceptionFilter(&pointers)) {
    case EXCEPTION_CONTINUE_EXECUTION:
        return ExceptionContinueExecution;
    case EXCEPTION_EXECUTE_HANDLER:
        NtTerminateProcess(NtCurrentProcess(), (NTSTATUS)record->ExceptionCode);
    }
    return ExceptionContinueSearch;
}

VOID NTAPI _RtlUserThreadStart(PUSER_THREAD_START_ROUTINE Start, PVOID Argument)
{
    volatile SEH_FRAME frame = {SEH_END, OutermostHandler};
    NtTeb()->NtTib.ExceptionList = (PVOID)&frame;
    ULONG status;
    if (RtlpThreadInitThunk)
        status = RtlpThreadInitThunk(0, Start, Argument);
    else
        status = ((ULONG(NTAPI *)(PVOID))(PVOID)Start)(Argument);
    RtlExitUserThread((NTSTATUS)status);
}

DECLSPEC_NORETURN VOID NTAPI RtlExitUserThread(NTSTATUS Status)
{
    ULONG last = FALSE;
    NtQueryInformationThread(NtCurrentThread(), ThreadAmILastThread, &last, sizeof last,
                             NULL);
    if (last)
        RtlExitUserProcess(Status);
    LdrShutdownThread();
    NtTeb()->NtTib.ExceptionList = (PVOID)SEH_END;
    NtTerminateThread(NtCurrentThread(), Status);
    __builtin_trap();
}

DECLSPEC_NORETURN VOID NTAPI RtlExitUserProcess(NTSTATUS Status)
{
    /* No thread may die inside the loader or the PEB lock: take both first. */
    RtlEnterCriticalSection(&LdrpLoaderLock);
    RtlEnterCriticalSection(&RtlpPebLock);
    NtTerminateProcess(NULL, Status);
    RtlLeaveCriticalSection(&RtlpPebLock);
    LdrShutdownProcess();
    NtTerminateProcess(NtCurrentProcess(), Status);
    __builtin_trap();
}

NTSTATUS NTAPI RtlCreateUserThread(HANDLE Process, PSECURITY_DESCRIPTOR Descriptor,
                                   BOOLEAN Suspended, ULONG ZeroBits, SIZE_T StackReserve,
                                   SIZE_T StackCommit, PVOID Start, PVOID Argument,
                                   PHANDLE Thread, TEB_CLIENT_ID *ClientId)
{
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, NULL, 0, NULL, Descriptor);
    PS_ATTRIBUTE_LIST list = {.TotalLength = PS_ATTRIBUTE_LIST_SIZE(1),
                              .Attributes = {{.Attribute = PS_ATTRIBUTE_CLIENT_ID,
                                              .Size = sizeof *ClientId,
                                              .ValuePtr = ClientId}}};
    HANDLE handle;
    NTSTATUS status =
        NtCreateThreadEx(&handle, THREAD_ALL_ACCESS, &attributes, Process, Start,
                         Argument, Suspended ? THREAD_CREATE_FLAGS_CREATE_SUSPENDED : 0,
                         ZeroBits, StackCommit, StackReserve, ClientId ? &list : NULL);
    if (!NT_SUCCESS(status))
        return status;
    if (Thread)
        *Thread = handle;
    else
        NtClose(handle);
    return status;
}

static BOOLEAN IsAlignment(ULONG_PTR Value)
{
    return Value >= PAGE_SIZE && !(Value & (Value - 1));
}

/* A stack as the kernel makes one (userstack.h): Reserve bytes, a multiple of Alignment,
 * Commit of them, a multiple of PageSize, at the top.  0 means the program's own figures.  On
 * failure nothing remains.  STATUS_INVALID_PARAMETER: PageSize and Alignment are powers of two,
 * at least a page. */
NTSTATUS NTAPI RtlCreateUserStack(SIZE_T Commit, SIZE_T Reserve, ULONG_PTR ZeroBits,
                                  SIZE_T PageSize, ULONG_PTR Alignment,
                                  PINITIAL_TEB InitialTeb)
{
    PIMAGE_NT_HEADERS image = RtlImageNtHeader(NtPeb()->ImageBaseAddress);
    SIZE_T commit = Commit ? Commit : image->OptionalHeader.SizeOfStackCommit;
    SIZE_T reserve = Reserve ? Reserve : image->OptionalHeader.SizeOfStackReserve;
    if (!IsAlignment(PageSize) || !IsAlignment(Alignment))
        return STATUS_INVALID_PARAMETER;
    commit = ALIGN_UP(commit, PageSize);
    reserve = ALIGN_UP(USER_STACK_RESERVE(reserve, commit), Alignment);
    PVOID base = NULL;
    NTSTATUS status = NtAllocateVirtualMemory(NtCurrentProcess(), &base, ZeroBits,
                                              &reserve, MEM_RESERVE, PAGE_READWRITE);
    if (!NT_SUCCESS(status))
        return status;
    PCHAR top = (PCHAR)base + reserve;
    PVOID limit = top - commit;
    SIZE_T size = commit;
    status = NtAllocateVirtualMemory(NtCurrentProcess(), &limit, 0, &size, MEM_COMMIT,
                                     PAGE_READWRITE);
    PVOID guard = (PCHAR)limit - PAGE_SIZE;
    size = PAGE_SIZE;
    if (NT_SUCCESS(status) && USER_STACK_HAS_GUARD(reserve, commit))
        status = NtAllocateVirtualMemory(NtCurrentProcess(), &guard, 0, &size, MEM_COMMIT,
                                         PAGE_READWRITE | PAGE_GUARD);
    if (!NT_SUCCESS(status)) {
        RtlFreeUserStack(base);
        return status;
    }
    *InitialTeb =
        (INITIAL_TEB){.StackBase = top, .StackLimit = limit, .StackAllocationBase = base};
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlFreeUserStack(PVOID AllocationBase)
{
    PVOID base = AllocationBase;
    SIZE_T size = 0;
    return NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_RELEASE);
}

PPEB NTAPI RtlGetCurrentPeb(VOID)
{
    return NtPeb();
}

ULONG NTAPI RtlGetNtGlobalFlags(VOID)
{
    return NtPeb()->NtGlobalFlag;
}
