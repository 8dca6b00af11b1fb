/* ntdll.h - what ntdll.dll exports to the layers above it: kernel32, ole32's ports,
 * fathom.
 *
 * The stock winternl.h declares a part of these; here stands the rest, with Windows' own
 * names and shapes (7 SP1 x86).  Services (Nt*) are generated from services.tbl; the
 * prototypes are kept here because a caller wants types, not the table's names of stack
 * slots.
 */
#ifndef FATHOM_NTDLL_H
#define FATHOM_NTDLL_H

#include "rtlheap.h" /* the heap */

/* ---- errors and exceptions ---- */
NTSYSAPI ULONG NTAPI RtlGetLastWin32Error(void);
NTSYSAPI VOID NTAPI RtlSetLastWin32Error(ULONG error);
NTSYSAPI VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD);
NTSYSAPI VOID NTAPI RtlSetUnhandledExceptionFilter(LPTOP_LEVEL_EXCEPTION_FILTER);
NTSYSAPI PVOID NTAPI RtlEncodePointer(PVOID);
NTSYSAPI PVOID NTAPI RtlDecodePointer(PVOID);
NTSYSAPI NTSTATUS NTAPI NtRaiseException(PEXCEPTION_RECORD, PCONTEXT,
                                         BOOLEAN firstChance);
NTSYSAPI NTSTATUS NTAPI NtRaiseHardError(NTSTATUS, ULONG count, ULONG stringMask,
                                         PULONG_PTR parameters, ULONG options,
                                         PULONG response);

/* ---- locks ---- */
NTSYSAPI NTSTATUS NTAPI RtlInitializeCriticalSection(PRTL_CRITICAL_SECTION);
NTSYSAPI NTSTATUS NTAPI RtlInitializeCriticalSectionAndSpinCount(PRTL_CRITICAL_SECTION,
                                                                 ULONG spin);
NTSYSAPI NTSTATUS NTAPI RtlInitializeCriticalSectionEx(PRTL_CRITICAL_SECTION, ULONG spin,
                                                       ULONG flags);
NTSYSAPI NTSTATUS NTAPI RtlEnterCriticalSection(PRTL_CRITICAL_SECTION);
NTSYSAPI NTSTATUS NTAPI RtlLeaveCriticalSection(PRTL_CRITICAL_SECTION);
NTSYSAPI BOOLEAN NTAPI RtlTryEnterCriticalSection(PRTL_CRITICAL_SECTION);
NTSYSAPI NTSTATUS NTAPI RtlDeleteCriticalSection(PRTL_CRITICAL_SECTION);
NTSYSAPI ULONG NTAPI RtlSetCriticalSectionSpinCount(PRTL_CRITICAL_SECTION, ULONG spin);
NTSYSAPI VOID NTAPI RtlInitializeSRWLock(PRTL_SRWLOCK);
NTSYSAPI VOID NTAPI RtlAcquireSRWLockExclusive(PRTL_SRWLOCK);
NTSYSAPI VOID NTAPI RtlReleaseSRWLockExclusive(PRTL_SRWLOCK);
NTSYSAPI VOID NTAPI RtlAcquireSRWLockShared(PRTL_SRWLOCK);
NTSYSAPI VOID NTAPI RtlReleaseSRWLockShared(PRTL_SRWLOCK);
NTSYSAPI BOOLEAN NTAPI RtlTryAcquireSRWLockExclusive(PRTL_SRWLOCK);
NTSYSAPI BOOLEAN NTAPI RtlTryAcquireSRWLockShared(PRTL_SRWLOCK);
NTSYSAPI NTSTATUS NTAPI RtlSleepConditionVariableCS(PRTL_CONDITION_VARIABLE,
                                                    PRTL_CRITICAL_SECTION,
                                                    PLARGE_INTEGER timeout);
NTSYSAPI NTSTATUS NTAPI RtlSleepConditionVariableSRW(PRTL_CONDITION_VARIABLE,
                                                     PRTL_SRWLOCK, PLARGE_INTEGER timeout,
                                                     ULONG flags);
NTSYSAPI VOID NTAPI RtlWakeConditionVariable(PRTL_CONDITION_VARIABLE);
NTSYSAPI VOID NTAPI RtlWakeAllConditionVariable(PRTL_CONDITION_VARIABLE);
typedef ULONG(NTAPI *RTL_RUN_ONCE_ROUTINE)(PRTL_RUN_ONCE, PVOID parameter,
                                           PVOID *context);
NTSYSAPI NTSTATUS NTAPI RtlRunOnceExecuteOnce(PRTL_RUN_ONCE, RTL_RUN_ONCE_ROUTINE,
                                              PVOID parameter, PVOID *context);
NTSYSAPI NTSTATUS NTAPI RtlRunOnceBeginInitialize(PRTL_RUN_ONCE, ULONG flags,
                                                  PVOID *context);
NTSYSAPI NTSTATUS NTAPI RtlRunOnceComplete(PRTL_RUN_ONCE, ULONG flags, PVOID context);
NTSYSAPI VOID NTAPI RtlAcquirePebLock(void);
NTSYSAPI VOID NTAPI RtlReleasePebLock(void);

/* ---- strings, bitmaps, time ---- */
NTSYSAPI NTSTATUS NTAPI RtlMultiByteToUnicodeN(PWCH out, ULONG outBytes, PULONG written,
                                               const char *in, ULONG inBytes);
NTSYSAPI NTSTATUS NTAPI RtlUnicodeToMultiByteN(PCHAR out, ULONG outBytes, PULONG written,
                                               PCWCH in, ULONG inBytes);
NTSYSAPI NTSTATUS NTAPI RtlOemToUnicodeN(PWCH out, ULONG outBytes, PULONG written,
                                         const char *in, ULONG inBytes);
NTSYSAPI NTSTATUS NTAPI RtlUnicodeToOemN(PCHAR out, ULONG outBytes, PULONG written,
                                         PCWCH in, ULONG inBytes);
NTSYSAPI WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR);
NTSYSAPI WCHAR NTAPI RtlDowncaseUnicodeChar(WCHAR);

typedef struct _RTL_BITMAP {
    ULONG SizeOfBitMap; /* bits */
    PULONG Buffer;
} RTL_BITMAP, *PRTL_BITMAP;
NTSYSAPI ULONG NTAPI RtlFindClearBitsAndSet(PRTL_BITMAP, ULONG count, ULONG hint);
NTSYSAPI VOID NTAPI RtlClearBits(PRTL_BITMAP, ULONG start, ULONG count);
NTSYSAPI BOOLEAN NTAPI RtlAreBitsSet(PRTL_BITMAP, ULONG start, ULONG count);

typedef struct _TIME_FIELDS {
    SHORT Year, Month, Day, Hour, Minute, Second, Milliseconds, Weekday;
} TIME_FIELDS, *PTIME_FIELDS;
NTSYSAPI VOID NTAPI RtlTimeToTimeFields(PLARGE_INTEGER, PTIME_FIELDS);
NTSYSAPI BOOLEAN NTAPI RtlTimeFieldsToTime(PTIME_FIELDS, PLARGE_INTEGER);
NTSYSAPI NTSTATUS NTAPI RtlGetVersion(PRTL_OSVERSIONINFOW);
NTSYSAPI NTSTATUS NTAPI RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW, ULONG mask,
                                             ULONGLONG conditions);

/* ---- paths, environment, process parameters ---- */
NTSYSAPI ULONG NTAPI RtlGetFullPathName_U(PCWSTR path, ULONG bytes, PWSTR out,
                                          PWSTR *filePart);
NTSYSAPI ULONG NTAPI RtlGetCurrentDirectory_U(ULONG bytes, PWSTR out);
NTSYSAPI NTSTATUS NTAPI RtlSetCurrentDirectory_U(PUNICODE_STRING path);
NTSYSAPI NTSTATUS NTAPI RtlQueryEnvironmentVariable_U(PWSTR environment,
                                                      PUNICODE_STRING name,
                                                      PUNICODE_STRING value);
NTSYSAPI NTSTATUS NTAPI RtlSetEnvironmentVariable(PWSTR *environment,
                                                  PUNICODE_STRING name,
                                                  PUNICODE_STRING value);
NTSYSAPI NTSTATUS NTAPI RtlExpandEnvironmentStrings_U(PWSTR environment,
                                                      PUNICODE_STRING in,
                                                      PUNICODE_STRING out,
                                                      PULONG neededBytes);
NTSYSAPI NTSTATUS NTAPI RtlCreateProcessParametersEx(
    PRTL_USER_PROCESS_PARAMETERS *out, PUNICODE_STRING image, PUNICODE_STRING dllPath,
    PUNICODE_STRING currentDirectory, PUNICODE_STRING commandLine, PVOID environment,
    PUNICODE_STRING title, PUNICODE_STRING desktop, PUNICODE_STRING shell,
    PUNICODE_STRING runtime, ULONG flags);
NTSYSAPI NTSTATUS NTAPI RtlDestroyProcessParameters(PRTL_USER_PROCESS_PARAMETERS);

/* ---- the loader ---- */
NTSYSAPI NTSTATUS NTAPI LdrLoadDll(PWSTR path, PULONG characteristics,
                                   PUNICODE_STRING name, PVOID *base);
NTSYSAPI NTSTATUS NTAPI LdrUnloadDll(PVOID base);
NTSYSAPI NTSTATUS NTAPI LdrGetDllHandle(PWSTR path, PULONG characteristics,
                                        PUNICODE_STRING name, PVOID *base);
NTSYSAPI NTSTATUS NTAPI LdrGetProcedureAddress(PVOID base, PANSI_STRING name,
                                               ULONG ordinal, PVOID *address);
#define LDR_ADDREF_DLL_PIN 1
NTSYSAPI NTSTATUS NTAPI LdrAddRefDll(ULONG flags, PVOID base);
NTSYSAPI NTSTATUS NTAPI LdrDisableThreadCalloutsForDll(PVOID base);
NTSYSAPI NTSTATUS NTAPI LdrLockLoaderLock(ULONG flags, PULONG disposition,
                                          PULONG_PTR cookie);
NTSYSAPI NTSTATUS NTAPI LdrUnlockLoaderLock(ULONG flags, ULONG_PTR cookie);
NTSYSAPI VOID NTAPI LdrShutdownProcess(void);
NTSYSAPI VOID NTAPI LdrShutdownThread(void);
NTSYSAPI PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID base);
NTSYSAPI DECLSPEC_NORETURN VOID NTAPI RtlExitUserThread(NTSTATUS);
typedef VOID(NTAPI *PUSER_THREAD_START_ROUTINE)(PVOID);
typedef struct _INITIAL_TEB {
    PVOID OldStackBase, OldStackLimit; /* both NULL */
    PVOID StackBase, StackLimit;
    PVOID StackAllocationBase;
} INITIAL_TEB, *PINITIAL_TEB;
NTSYSAPI VOID NTAPI RtlUserThreadStart(PUSER_THREAD_START_ROUTINE, PVOID Argument);
NTSYSAPI NTSTATUS NTAPI RtlCreateUserStack(SIZE_T Commit, SIZE_T Reserve,
                                           ULONG_PTR ZeroBits, SIZE_T PageSize,
                                           ULONG_PTR Alignment, PINITIAL_TEB);
NTSYSAPI NTSTATUS NTAPI RtlFreeUserStack(PVOID AllocationBase);

/* ---- services: memory ---- */
NTSYSAPI NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE process, PVOID *base,
                                                ULONG_PTR zeroBits, PSIZE_T size,
                                                ULONG type, ULONG protect);
NTSYSAPI NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE process, PVOID *base, PSIZE_T size,
                                            ULONG type);
NTSYSAPI NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE process, PVOID *base, PSIZE_T size,
                                               ULONG protect, PULONG old);
typedef enum _MEMORY_INFORMATION_CLASS {
    MemoryBasicInformation = 0,
    MemoryWorkingSetList = 1,
    MemorySectionName = 2,
    MemoryBasicVlmInformation = 3,
    MemoryWorkingSetExList = 4,
} MEMORY_INFORMATION_CLASS;
NTSYSAPI NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE process, PVOID base,
                                             MEMORY_INFORMATION_CLASS, PVOID information,
                                             SIZE_T length, PSIZE_T returned);
NTSYSAPI NTSTATUS NTAPI NtLockVirtualMemory(HANDLE process, PVOID *base, PSIZE_T size,
                                            ULONG type);
NTSYSAPI NTSTATUS NTAPI NtUnlockVirtualMemory(HANDLE process, PVOID *base, PSIZE_T size,
                                              ULONG type);
NTSYSAPI NTSTATUS NTAPI NtReadVirtualMemory(HANDLE process, LPCVOID base, PVOID buffer,
                                            SIZE_T size, PSIZE_T read);
NTSYSAPI NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE process, PVOID base, LPCVOID buffer,
                                             SIZE_T size, PSIZE_T written);
NTSYSAPI NTSTATUS NTAPI NtFlushVirtualMemory(HANDLE process, PVOID *base, PSIZE_T size,
                                             PIO_STATUS_BLOCK);
NTSYSAPI NTSTATUS NTAPI NtFlushInstructionCache(HANDLE process, LPCVOID base,
                                                SIZE_T size);
NTSYSAPI NTSTATUS NTAPI NtGetWriteWatch(HANDLE process, ULONG flags, PVOID base,
                                        SIZE_T size, PVOID *addresses, PULONG_PTR count,
                                        PULONG granularity);
NTSYSAPI NTSTATUS NTAPI NtResetWriteWatch(HANDLE process, PVOID base, SIZE_T size);

/* ---- services: sections ---- */
typedef enum _SECTION_INHERIT { ViewShare = 1, ViewUnmap = 2 } SECTION_INHERIT;
NTSYSAPI NTSTATUS NTAPI NtCreateSection(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES,
                                        PLARGE_INTEGER size, ULONG protect,
                                        ULONG attributes, HANDLE file);
NTSYSAPI NTSTATUS NTAPI NtOpenSection(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSYSAPI NTSTATUS NTAPI NtMapViewOfSection(HANDLE section, HANDLE process, PVOID *base,
                                           ULONG_PTR zeroBits, SIZE_T commit,
                                           PLARGE_INTEGER offset, PSIZE_T viewSize,
                                           SECTION_INHERIT, ULONG type, ULONG protect);
NTSYSAPI NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE process, PVOID base);

/* ---- services: processes and threads ---- */
typedef struct _PS_ATTRIBUTE {
    ULONG_PTR Attribute;
    SIZE_T Size;
    union {
        ULONG_PTR Value;
        PVOID ValuePtr;
    };
    PSIZE_T ReturnLength;
} PS_ATTRIBUTE;
typedef struct _PS_ATTRIBUTE_LIST {
    SIZE_T TotalLength; /* bytes, this field included */
    PS_ATTRIBUTE Attributes[6];
} PS_ATTRIBUTE_LIST, *PPS_ATTRIBUTE_LIST;
#define PS_ATTRIBUTE_LIST_SIZE(n)            (sizeof(SIZE_T) + (n) * sizeof(PS_ATTRIBUTE))
#define PS_ATTRIBUTE_CLIENT_ID               0x00010003
#define PS_ATTRIBUTE_TEB_ADDRESS             0x00010004
#define PS_ATTRIBUTE_PARENT_PROCESS          0x00060000 /* a handle */
#define PS_ATTRIBUTE_HANDLE_LIST             0x0002000B
#define PS_ATTRIBUTE_IMAGE_NAME              0x00020005 /* UTF-16, an NT path */
#define PS_ATTRIBUTE_PRIORITY_CLASS          0x00020008 /* PROCESS_PRIORITY_CLASS_* */
#define PS_ATTRIBUTE_ERROR_MODE              0x00020009 /* ProcessDefaultHardErrorMode */
#define PROCESS_CREATE_FLAGS_INHERIT_HANDLES 0x00000004
#define THREAD_CREATE_FLAGS_CREATE_SUSPENDED 0x00000001
NTSYSAPI NTSTATUS NTAPI NtCreateUserProcess(
    PHANDLE process, PHANDLE thread, ACCESS_MASK processAccess, ACCESS_MASK threadAccess,
    POBJECT_ATTRIBUTES, POBJECT_ATTRIBUTES, ULONG processFlags, ULONG threadFlags,
    PRTL_USER_PROCESS_PARAMETERS, PVOID createInfo, PPS_ATTRIBUTE_LIST);
NTSYSAPI NTSTATUS NTAPI NtCreateThreadEx(PHANDLE thread, ACCESS_MASK, POBJECT_ATTRIBUTES,
                                         HANDLE process, PVOID start, PVOID argument,
                                         ULONG flags, ULONG_PTR zeroBits,
                                         SIZE_T stackCommit, SIZE_T stackReserve,
                                         PPS_ATTRIBUTE_LIST);
NTSYSAPI NTSTATUS NTAPI NtOpenProcess(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES,
                                      PVOID clientId);
NTSYSAPI NTSTATUS NTAPI NtOpenThread(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES,
                                     PVOID clientId);
NTSYSAPI NTSTATUS NTAPI NtTerminateProcess(HANDLE process, NTSTATUS);
NTSYSAPI NTSTATUS NTAPI NtTerminateThread(HANDLE thread, NTSTATUS);
NTSYSAPI NTSTATUS NTAPI NtSuspendThread(HANDLE thread, PULONG previous);
NTSYSAPI NTSTATUS NTAPI NtResumeThread(HANDLE thread, PULONG previous);
NTSYSAPI NTSTATUS NTAPI NtGetContextThread(HANDLE thread, PCONTEXT);
NTSYSAPI NTSTATUS NTAPI NtSetContextThread(HANDLE thread, const CONTEXT *);
NTSYSAPI NTSTATUS NTAPI NtSetInformationThread(HANDLE thread, THREADINFOCLASS,
                                               PVOID information, ULONG length);
NTSYSAPI NTSTATUS NTAPI NtQueueApcThread(HANDLE thread, PVOID routine, ULONG_PTR,
                                         ULONG_PTR, ULONG_PTR);
NTSYSAPI NTSTATUS NTAPI NtDelayExecution(BOOLEAN alertable, PLARGE_INTEGER interval);
NTSYSAPI NTSTATUS NTAPI NtYieldExecution(void);
NTSYSAPI ULONG NTAPI NtGetCurrentProcessorNumber(void);
NTSYSAPI NTSTATUS NTAPI NtQueryPerformanceCounter(PLARGE_INTEGER counter,
                                                  PLARGE_INTEGER frequency);

/* ---- services: objects and waits ---- */
NTSYSAPI NTSTATUS NTAPI NtDuplicateObject(HANDLE sourceProcess, HANDLE source,
                                          HANDLE targetProcess, PHANDLE target,
                                          ACCESS_MASK, ULONG attributes, ULONG options);
NTSYSAPI NTSTATUS NTAPI NtSetInformationObject(HANDLE, ULONG informationClass,
                                               PVOID information, ULONG length);
NTSYSAPI NTSTATUS NTAPI NtWaitForMultipleObjects(ULONG count, const HANDLE *, ULONG type,
                                                 BOOLEAN alertable,
                                                 PLARGE_INTEGER timeout);
NTSYSAPI NTSTATUS NTAPI NtSignalAndWaitForSingleObject(HANDLE signal, HANDLE wait,
                                                       BOOLEAN alertable,
                                                       PLARGE_INTEGER timeout);
NTSYSAPI NTSTATUS NTAPI NtCreateEvent(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES,
                                      ULONG type, BOOLEAN state);
NTSYSAPI NTSTATUS NTAPI NtOpenEvent(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSYSAPI NTSTATUS NTAPI NtSetEvent(HANDLE, PLONG previous);
NTSYSAPI NTSTATUS NTAPI NtResetEvent(HANDLE, PLONG previous);
NTSYSAPI NTSTATUS NTAPI NtPulseEvent(HANDLE, PLONG previous);
NTSYSAPI NTSTATUS NTAPI NtCreateMutant(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES,
                                       BOOLEAN owned);
NTSYSAPI NTSTATUS NTAPI NtOpenMutant(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSYSAPI NTSTATUS NTAPI NtReleaseMutant(HANDLE, PLONG previous);
NTSYSAPI NTSTATUS NTAPI NtCreateSemaphore(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES,
                                          LONG initial, LONG maximum);
NTSYSAPI NTSTATUS NTAPI NtOpenSemaphore(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSYSAPI NTSTATUS NTAPI NtReleaseSemaphore(HANDLE, LONG count, PLONG previous);
NTSYSAPI NTSTATUS NTAPI NtCreateTimer(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES,
                                      ULONG type);
NTSYSAPI NTSTATUS NTAPI NtOpenTimer(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSYSAPI NTSTATUS NTAPI NtSetTimer(HANDLE, PLARGE_INTEGER due, PVOID apc, PVOID context,
                                   BOOLEAN resume, LONG period, PBOOLEAN previous);
NTSYSAPI NTSTATUS NTAPI NtCancelTimer(HANDLE, PBOOLEAN previous);

/* ---- services: files ---- */
NTSYSAPI NTSTATUS NTAPI NtReadFile(HANDLE, HANDLE event, PVOID apc, PVOID context,
                                   PIO_STATUS_BLOCK, PVOID buffer, ULONG length,
                                   PLARGE_INTEGER offset, PULONG key);
NTSYSAPI NTSTATUS NTAPI NtWriteFile(HANDLE, HANDLE event, PVOID apc, PVOID context,
                                    PIO_STATUS_BLOCK, LPCVOID buffer, ULONG length,
                                    PLARGE_INTEGER offset, PULONG key);
/* Windows: NtCreateNamedPipeFile without a name. attributes: OBJ_INHERIT or 0. */
NTSYSAPI NTSTATUS NTAPI NtFathomCreatePipe(PHANDLE read, PHANDLE write, ULONG attributes,
                                           ULONG size);
/* Windows: kernel32's calls to csrss. */
NTSYSAPI NTSTATUS NTAPI NtFathomSetControlRoutine(PVOID routine);
NTSYSAPI NTSTATUS NTAPI NtFathomSendControl(ULONG event, ULONG group);
NTSYSAPI NTSTATUS NTAPI NtFlushBuffersFile(HANDLE, PIO_STATUS_BLOCK);
NTSYSAPI NTSTATUS NTAPI NtQueryDirectoryFile(HANDLE, HANDLE event, PVOID apc,
                                             PVOID context, PIO_STATUS_BLOCK,
                                             PVOID information, ULONG length,
                                             FILE_INFORMATION_CLASS, BOOLEAN single,
                                             PUNICODE_STRING name, BOOLEAN restart);
NTSYSAPI NTSTATUS NTAPI NtQueryAttributesFile(POBJECT_ATTRIBUTES, PVOID information);
NTSYSAPI NTSTATUS NTAPI NtQueryFullAttributesFile(POBJECT_ATTRIBUTES, PVOID information);

#endif
