/* ntdll.h - what ntdll.dll exports to the layers above it: kernel32, ole32's ports,
 * fathom.
 *
 * The stock winternl.h declares a part of these; here is the rest, with Windows' own
 * names and shapes (7 SP1 x86).  The prototypes of the services (Nt*) are made from
 * services.tbl.
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
NTSYSAPI BOOLEAN NTAPI RtlDllShutdownInProgress(void);

#define FLS_SLOTS 128u
typedef struct _FLS_DATA {
    LIST_ENTRY Links; /* PEB.FlsListHead, under the PEB lock */
    PVOID Slots[FLS_SLOTS];
} FLS_DATA;
NTSYSAPI NTSTATUS NTAPI RtlFlsAlloc(PFLS_CALLBACK_FUNCTION, PULONG Index);
NTSYSAPI NTSTATUS NTAPI RtlFlsFree(ULONG Index);
NTSYSAPI VOID NTAPI RtlProcessFlsData(FLS_DATA *);

NTSYSAPI VOID NTAPI LdrShutdownThread(void);
NTSYSAPI PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID base);
PVOID NTAPI RtlImageDirectoryEntryToData(PVOID base, BOOLEAN mapped, USHORT entry,
                                         PULONG size);
PVOID NTAPI RtlImageRvaToVa(PIMAGE_NT_HEADERS, PVOID base, ULONG rva, PVOID *section);
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

/* ---- what services take: memory ---- */
typedef enum _MEMORY_INFORMATION_CLASS {
    MemoryBasicInformation = 0,
    MemoryWorkingSetList = 1,
    MemorySectionName = 2,
    MemoryBasicVlmInformation = 3,
    MemoryWorkingSetExList = 4,
} MEMORY_INFORMATION_CLASS;

typedef enum _SECTION_INHERIT { ViewShare = 1, ViewUnmap = 2 } SECTION_INHERIT;

/* ---- what services take: processes and threads ---- */
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

/* ---- services ---- */
#include "ntport.h"
#define SERVICE_API NTSYSAPI
#include "services_types.h" /* made from services.tbl */

#endif
