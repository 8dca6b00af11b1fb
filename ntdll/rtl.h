/* rtl.h - the part of ntdll's functions that nothing above calls yet: the rest of
 * ntdll.h.
 *
 * Windows' own names, types and parameter orders.  They are exported all the same:
 * programs ask for them by name.
 */
#ifndef FATHOM_NTDLL_RTL_H
#define FATHOM_NTDLL_RTL_H

#include "ntdll.h"
#include "teb.h"

/* ---- types that the stock headers lack ---- */
typedef VOID(NTAPI *PKNORMAL_ROUTINE)(PVOID Context, PVOID Argument1, PVOID Argument2);
typedef LONG(NTAPI *PVECTORED_HANDLER)(PEXCEPTION_POINTERS);

typedef struct _RTL_BITMAP_RUN {
    ULONG StartingIndex;
    ULONG NumberOfBits;
} RTL_BITMAP_RUN;

typedef struct _RTL_RELATIVE_NAME_U {
    UNICODE_STRING RelativeName;
    HANDLE ContainingDirectory;
    PVOID CurDirRef;
} RTL_RELATIVE_NAME_U, *PRTL_RELATIVE_NAME_U;

typedef enum _RTL_PATH_TYPE {
    RtlPathTypeUnknown,
    RtlPathTypeUncAbsolute,
    RtlPathTypeDriveAbsolute,
    RtlPathTypeDriveRelative,
    RtlPathTypeRooted,
    RtlPathTypeRelative,
    RtlPathTypeLocalDevice,
    RtlPathTypeRootLocalDevice,
} RTL_PATH_TYPE;

/* NtRaiseHardError's answer to a loader failure: it is only reported. */
#define HARDERROR_OPTION_OK       1
#define HARDERROR_OPTION_SHUTDOWN 6

#define LDRP_STATIC_LINK           0x00000002 /* LDR_DATA_TABLE_ENTRY.Flags */
#define LDRP_IMAGE_DLL             0x00000004
#define LDRP_LOAD_IN_PROGRESS      0x00001000
#define LDRP_ENTRY_PROCESSED       0x00004000
#define LDRP_DONT_CALL_FOR_THREADS 0x00040000
#define LDRP_PROCESS_ATTACH_CALLED 0x00080000
#define LDRP_IMAGE_NOT_AT_BASE     0x00200000

/* ---- loader (ntdll/ldr) ---- */
VOID NTAPI LdrInitializeThunk(PCONTEXT, PVOID NtdllBase);
NTSTATUS NTAPI LdrGetDllHandleEx(ULONG Flags, PCWSTR SearchPath, PULONG Characteristics,
                                 PUNICODE_STRING Name, PVOID *Base);
NTSTATUS NTAPI LdrFindEntryForAddress(PVOID Address, PLDR_DATA_TABLE_ENTRY *Entry);
typedef VOID(NTAPI *PLDR_ENUMERATE)(PLDR_DATA_TABLE_ENTRY, PVOID Context, PBOOLEAN Stop);
NTSTATUS NTAPI LdrEnumerateLoadedModules(ULONG Flags, PLDR_ENUMERATE, PVOID Context);
PVOID NTAPI RtlImageDirectoryEntryToData(PVOID Base, BOOLEAN Mapped, USHORT Entry,
                                         PULONG Size);
PVOID NTAPI RtlImageRvaToVa(PIMAGE_NT_HEADERS, PVOID Base, ULONG Rva, PVOID *Section);

/* ---- exceptions (exception.c, vectored.c, unwind.c, context.asm) ---- */
VOID NTAPI RtlRaiseStatus(NTSTATUS);
PVOID NTAPI RtlAddVectoredExceptionHandler(ULONG First, PVECTORED_HANDLER);
ULONG NTAPI RtlRemoveVectoredExceptionHandler(PVOID);
PVOID NTAPI RtlAddVectoredContinueHandler(ULONG First, PVECTORED_HANDLER);
ULONG NTAPI RtlRemoveVectoredContinueHandler(PVOID);
ULONG NTAPI RtlWalkFrameChain(PVOID *Callers, ULONG Count, ULONG Flags);
BOOLEAN NTAPI RtlDispatchException(PEXCEPTION_RECORD, PCONTEXT);

/* ---- threads (thread.c) ---- */
DECLSPEC_NORETURN VOID NTAPI RtlExitUserProcess(NTSTATUS);
NTSTATUS NTAPI RtlCreateUserThread(HANDLE Process, PSECURITY_DESCRIPTOR,
                                   BOOLEAN Suspended, ULONG ZeroBits, SIZE_T StackReserve,
                                   SIZE_T StackCommit, PVOID Start, PVOID Argument,
                                   PHANDLE, TEB_CLIENT_ID *);
PPEB NTAPI RtlGetCurrentPeb(VOID);
ULONG NTAPI RtlGetNtGlobalFlags(VOID);
VOID NTAPI RtlRestoreLastWin32Error(ULONG);
NTSTATUS NTAPI RtlGetLastNtStatus(VOID);
VOID NTAPI RtlSetLastWin32ErrorAndNtStatusFromNtStatus(NTSTATUS);
ULONG NTAPI RtlNtStatusToDosErrorNoTeb(NTSTATUS);

/* ---- locks (lock.c, srw.c, slist.c) ---- */
BOOLEAN NTAPI RtlIsCriticalSectionLocked(PRTL_CRITICAL_SECTION);
BOOLEAN NTAPI RtlIsCriticalSectionLockedByThread(PRTL_CRITICAL_SECTION);
VOID NTAPI RtlInitializeConditionVariable(PRTL_CONDITION_VARIABLE);
VOID NTAPI RtlRunOnceInitialize(PRTL_RUN_ONCE);

/* ---- strings (string.c, unicode.c, convert.c) ---- */
NTSTATUS NTAPI RtlInitUnicodeStringEx(PUNICODE_STRING, PCWSTR);
BOOLEAN NTAPI RtlCreateUnicodeString(PUNICODE_STRING, PCWSTR);
VOID NTAPI RtlCopyUnicodeString(PUNICODE_STRING To, PCUNICODE_STRING From);
VOID NTAPI RtlCopyString(PSTRING To, const STRING *From);
NTSTATUS NTAPI RtlAppendUnicodeStringToString(PUNICODE_STRING, PCUNICODE_STRING);
NTSTATUS NTAPI RtlAppendUnicodeToString(PUNICODE_STRING, PCWSTR);
LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING, PCUNICODE_STRING,
                                   BOOLEAN IgnoreCase);
LONG NTAPI RtlCompareUnicodeStrings(PCWCH, SIZE_T, PCWCH, SIZE_T, BOOLEAN IgnoreCase);
LONG NTAPI RtlCompareString(const STRING *, const STRING *, BOOLEAN IgnoreCase);
BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING, PCUNICODE_STRING,
                                    BOOLEAN IgnoreCase);
BOOLEAN NTAPI RtlEqualString(const STRING *, const STRING *, BOOLEAN IgnoreCase);
NTSTATUS NTAPI RtlDuplicateUnicodeString(ULONG Flags, PCUNICODE_STRING, PUNICODE_STRING);
NTSTATUS NTAPI RtlHashUnicodeString(PCUNICODE_STRING, BOOLEAN IgnoreCase, ULONG,
                                    PULONG Hash);
CHAR NTAPI RtlUpperChar(CHAR);
NTSTATUS NTAPI RtlUpcaseUnicodeString(PUNICODE_STRING, PCUNICODE_STRING,
                                      BOOLEAN Allocate);
NTSTATUS NTAPI RtlDowncaseUnicodeString(PUNICODE_STRING, PCUNICODE_STRING,
                                        BOOLEAN Allocate);
NTSTATUS NTAPI RtlIntegerToUnicodeString(ULONG, ULONG Base, PUNICODE_STRING);
NTSTATUS NTAPI RtlUnicodeStringToInteger(PCUNICODE_STRING, ULONG Base, PULONG);
NTSTATUS NTAPI RtlOemStringToUnicodeString(PUNICODE_STRING, const STRING *,
                                           BOOLEAN Allocate);
NTSTATUS NTAPI RtlMultiByteToUnicodeSize(PULONG Bytes, PCSTR, ULONG);
NTSTATUS NTAPI RtlUTF8ToUnicodeN(PWSTR, ULONG Bytes, PULONG Result, PCSTR, ULONG);
NTSTATUS NTAPI RtlUnicodeToUTF8N(PSTR, ULONG Bytes, PULONG Result, PCWSTR, ULONG Bytes2);

/* ---- environment, paths, process parameters (environ.c, path.c, params.c) ---- */
NTSTATUS NTAPI RtlCreateEnvironment(BOOLEAN Inherit, PVOID *Environment);
VOID NTAPI RtlDestroyEnvironment(PVOID);
NTSTATUS NTAPI RtlQueryEnvironmentVariable(PVOID, PCWSTR Name, SIZE_T NameChars,
                                           PWSTR Value, SIZE_T ValueChars,
                                           PSIZE_T Returned);
VOID NTAPI RtlSetCurrentEnvironment(PVOID, PVOID *Old);
RTL_PATH_TYPE NTAPI RtlDetermineDosPathNameType_U(PCWSTR);
ULONG NTAPI RtlIsDosDeviceName_U(PCWSTR);
NTSTATUS NTAPI RtlDosPathNameToNtPathName_U_WithStatus(PCWSTR, PUNICODE_STRING, PWSTR *,
                                                       PRTL_RELATIVE_NAME_U);

/* ---- memory, bits, numbers, time, version, debug print ---- */
#undef RtlFillMemory
#undef RtlZeroMemory
#undef RtlMoveMemory
VOID NTAPI RtlFillMemory(PVOID, SIZE_T, UCHAR);
VOID NTAPI RtlZeroMemory(PVOID, SIZE_T);
VOID NTAPI RtlMoveMemory(PVOID, const VOID *, SIZE_T);
SIZE_T NTAPI RtlCompareMemoryUlong(PVOID, SIZE_T, ULONG);
VOID NTAPI RtlFillMemoryUlong(PVOID, SIZE_T, ULONG);
VOID NTAPI RtlInitializeBitMap(PRTL_BITMAP, PULONG, ULONG Bits);
VOID NTAPI RtlSetAllBits(PRTL_BITMAP);
VOID NTAPI RtlClearAllBits(PRTL_BITMAP);
VOID NTAPI RtlSetBit(PRTL_BITMAP, ULONG);
VOID NTAPI RtlClearBit(PRTL_BITMAP, ULONG);
BOOLEAN NTAPI RtlTestBit(PRTL_BITMAP, ULONG);
VOID NTAPI RtlSetBits(PRTL_BITMAP, ULONG Start, ULONG Count);
BOOLEAN NTAPI RtlAreBitsClear(PRTL_BITMAP, ULONG Start, ULONG Count);
ULONG NTAPI RtlNumberOfSetBits(PRTL_BITMAP);
ULONG NTAPI RtlNumberOfClearBits(PRTL_BITMAP);
ULONG NTAPI RtlFindSetBits(PRTL_BITMAP, ULONG Count, ULONG Hint);
ULONG NTAPI RtlFindClearBits(PRTL_BITMAP, ULONG Count, ULONG Hint);
ULONG NTAPI RtlFindSetBitsAndClear(PRTL_BITMAP, ULONG Count, ULONG Hint);
CCHAR NTAPI RtlFindMostSignificantBit(ULONGLONG);
CCHAR NTAPI RtlFindLeastSignificantBit(ULONGLONG);
ULONG NTAPI RtlRandom(PULONG Seed);
ULONG NTAPI RtlRandomEx(PULONG Seed);
VOID NTAPI RtlGetNtVersionNumbers(PULONG Major, PULONG Minor, PULONG Build);
VOID NTAPI RtlSecondsSince1970ToTime(ULONG, PLARGE_INTEGER);
NTSTATUS NTAPI RtlSystemTimeToLocalTime(PLARGE_INTEGER, PLARGE_INTEGER);
BOOLEAN NTAPI RtlQueryPerformanceCounter(PLARGE_INTEGER);
BOOLEAN NTAPI RtlQueryPerformanceFrequency(PLARGE_INTEGER);
PVOID NTAPI RtlEncodeSystemPointer(PVOID);
PVOID NTAPI RtlDecodeSystemPointer(PVOID);
ULONG __cdecl DbgPrint(PCSTR Format, ...);
ULONG __cdecl DbgPrintEx(ULONG Component, ULONG Level, PCSTR Format, ...);
VOID NTAPI DbgBreakPoint(VOID);
VOID NTAPI DbgUserBreakPoint(VOID);

#endif
