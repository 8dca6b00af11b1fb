/* ntos.h - the structures of Windows 7 SP1 x86 that the stock headers lack.
 *
 * Types, constants and status codes come from mingw-w64's own headers; what those leave out
 * or blur (winternl.h shows a PEB of reserved bytes) is here, once, for kernel and DLLs
 * alike.  Every field that a program or a debugger can know has its offset asserted: the
 * numbers are those that `dt nt!_PEB`, `dt nt!_TEB` and so on print for 7601 x86.
 */
#ifndef FATHOM_NTOS_H
#define FATHOM_NTOS_H

#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0601
#endif
#ifndef WIN32_NO_STATUS
#define WIN32_NO_STATUS
#endif
#include <stddef.h>
#include <windef.h>
#include <winbase.h>
#undef WIN32_NO_STATUS
/* winternl.h's abridged structures step aside for the whole ones below. */
#define _PEB                         _PEB_ABRIDGED
#define PEB                          PEB_ABRIDGED
#define PPEB                         PPEB_ABRIDGED
#define _TEB                         _TEB_ABRIDGED
#define TEB                          TEB_ABRIDGED
#define PTEB                         PTEB_ABRIDGED
#define _PEB_LDR_DATA                _PEB_LDR_DATA_ABRIDGED
#define PEB_LDR_DATA                 PEB_LDR_DATA_ABRIDGED
#define PPEB_LDR_DATA                PPEB_LDR_DATA_ABRIDGED
#define _LDR_DATA_TABLE_ENTRY        _LDR_DATA_TABLE_ENTRY_ABRIDGED
#define LDR_DATA_TABLE_ENTRY         LDR_DATA_TABLE_ENTRY_ABRIDGED
#define PLDR_DATA_TABLE_ENTRY        PLDR_DATA_TABLE_ENTRY_ABRIDGED
#define _RTL_USER_PROCESS_PARAMETERS _RTL_USER_PROCESS_PARAMETERS_ABRIDGED
#define RTL_USER_PROCESS_PARAMETERS  RTL_USER_PROCESS_PARAMETERS_ABRIDGED
#define PRTL_USER_PROCESS_PARAMETERS PRTL_USER_PROCESS_PARAMETERS_ABRIDGED
#include <winternl.h>
#undef _PEB
#undef PEB
#undef PPEB
#undef _TEB
#undef TEB
#undef PTEB
#undef _PEB_LDR_DATA
#undef PEB_LDR_DATA
#undef PPEB_LDR_DATA
#undef _LDR_DATA_TABLE_ENTRY
#undef LDR_DATA_TABLE_ENTRY
#undef PLDR_DATA_TABLE_ENTRY
#undef _RTL_USER_PROCESS_PARAMETERS
#undef RTL_USER_PROCESS_PARAMETERS
#undef PRTL_USER_PROCESS_PARAMETERS
#include <ntstatus.h>

#define PAGE_SIZE               0x1000u
#define PAGE_SHIFT              12
#define ALLOCATION_GRANULARITY  0x10000u
#define MM_LOWEST_USER_ADDRESS  0x00010000u
#define MM_HIGHEST_USER_ADDRESS 0x7FFEFFFFu
#define MM_PEB_VA               0x7FFDF000u
#define MM_SHARED_USER_DATA_VA  0x7FFE0000u
#define MM_SYSTEM_RANGE_START   0x80000000u

#define ALIGN_DOWN(x, a)               ((ULONG_PTR)(x) & ~((ULONG_PTR)(a)-1))
#define ALIGN_UP(x, a)                 (((ULONG_PTR)(x) + (a)-1) & ~((ULONG_PTR)(a)-1))
#define OFFSET_IS(type, field, offset) C_ASSERT(offsetof(type, field) == (offset))

typedef struct _PEB_LDR_DATA {
    ULONG Length;
    BOOLEAN Initialized;
    HANDLE SsHandle;
    LIST_ENTRY InLoadOrderModuleList;
    LIST_ENTRY InMemoryOrderModuleList;
    LIST_ENTRY InInitializationOrderModuleList;
    PVOID EntryInProgress;
    BOOLEAN ShutdownInProgress;
    HANDLE ShutdownThreadId;
} PEB_LDR_DATA, *PPEB_LDR_DATA;
OFFSET_IS(PEB_LDR_DATA, InLoadOrderModuleList, 0x0C);
OFFSET_IS(PEB_LDR_DATA, InInitializationOrderModuleList, 0x1C);
C_ASSERT(sizeof(PEB_LDR_DATA) == 0x30);

typedef struct _LDR_DATA_TABLE_ENTRY {
    LIST_ENTRY InLoadOrderLinks;
    LIST_ENTRY InMemoryOrderLinks;
    LIST_ENTRY InInitializationOrderLinks;
    PVOID DllBase;
    PVOID EntryPoint;
    ULONG SizeOfImage;
    UNICODE_STRING FullDllName;
    UNICODE_STRING BaseDllName;
    ULONG Flags;
    USHORT LoadCount;
    USHORT TlsIndex;
    LIST_ENTRY HashLinks;
    ULONG TimeDateStamp;
    PVOID EntryPointActivationContext;
    PVOID PatchInformation;
    LIST_ENTRY ForwarderLinks;
    LIST_ENTRY ServiceTagLinks;
    LIST_ENTRY StaticLinks;
    PVOID ContextInformation;
    ULONG_PTR OriginalBase;
    LARGE_INTEGER LoadTime;
} LDR_DATA_TABLE_ENTRY, *PLDR_DATA_TABLE_ENTRY;
OFFSET_IS(LDR_DATA_TABLE_ENTRY, DllBase, 0x18);
OFFSET_IS(LDR_DATA_TABLE_ENTRY, LoadCount, 0x38);
OFFSET_IS(LDR_DATA_TABLE_ENTRY, OriginalBase, 0x6C);
C_ASSERT(sizeof(LDR_DATA_TABLE_ENTRY) == 0x78);

typedef struct _CURDIR {
    UNICODE_STRING DosPath;
    HANDLE Handle;
} CURDIR, *PCURDIR;

typedef struct _RTL_DRIVE_LETTER_CURDIR {
    USHORT Flags;
    USHORT Length;
    ULONG TimeStamp;
    STRING DosPath;
} RTL_DRIVE_LETTER_CURDIR;

#define RTL_USER_PROC_PARAMS_NORMALIZED 1

typedef struct _RTL_USER_PROCESS_PARAMETERS {
    ULONG MaximumLength;
    ULONG Length;
    ULONG Flags;
    ULONG DebugFlags;
    HANDLE ConsoleHandle;
    ULONG ConsoleFlags;
    HANDLE StandardInput;
    HANDLE StandardOutput;
    HANDLE StandardError;
    CURDIR CurrentDirectory;
    UNICODE_STRING DllPath;
    UNICODE_STRING ImagePathName;
    UNICODE_STRING CommandLine;
    PVOID Environment; /* UTF-16, NAME=VALUE\0...\0\0 */
    ULONG StartingX;
    ULONG StartingY;
    ULONG CountX;
    ULONG CountY;
    ULONG CountCharsX;
    ULONG CountCharsY;
    ULONG FillAttribute;
    ULONG WindowFlags;
    ULONG ShowWindowFlags;
    UNICODE_STRING WindowTitle;
    UNICODE_STRING DesktopInfo;
    UNICODE_STRING ShellInfo;
    UNICODE_STRING RuntimeData;
    RTL_DRIVE_LETTER_CURDIR CurrentDirectories[32];
    ULONG EnvironmentSize; /* bytes */
    ULONG EnvironmentVersion;
} RTL_USER_PROCESS_PARAMETERS, *PRTL_USER_PROCESS_PARAMETERS;
OFFSET_IS(RTL_USER_PROCESS_PARAMETERS, StandardInput, 0x18);
OFFSET_IS(RTL_USER_PROCESS_PARAMETERS, CommandLine, 0x40);
OFFSET_IS(RTL_USER_PROCESS_PARAMETERS, Environment, 0x48);
OFFSET_IS(RTL_USER_PROCESS_PARAMETERS, EnvironmentSize, 0x290);

typedef struct _PEB {
    BOOLEAN InheritedAddressSpace;
    BOOLEAN ReadImageFileExecOptions;
    BOOLEAN BeingDebugged;
    UCHAR BitField;
    HANDLE Mutant;
    PVOID ImageBaseAddress;
    PPEB_LDR_DATA Ldr;
    PRTL_USER_PROCESS_PARAMETERS ProcessParameters;
    PVOID SubSystemData;
    PVOID ProcessHeap;
    PRTL_CRITICAL_SECTION FastPebLock;
    PVOID AtlThunkSListPtr;
    PVOID IFEOKey;
    ULONG CrossProcessFlags;
    PVOID KernelCallbackTable;
    ULONG SystemReserved;
    ULONG AtlThunkSListPtr32;
    PVOID ApiSetMap;
    ULONG TlsExpansionCounter;
    PVOID TlsBitmap; /* PRTL_BITMAP */
    ULONG TlsBitmapBits[2];
    PVOID ReadOnlySharedMemoryBase;
    PVOID HotpatchInformation;
    PVOID *ReadOnlyStaticServerData;
    PVOID AnsiCodePageData;
    PVOID OemCodePageData;
    PVOID UnicodeCaseTableData;
    ULONG NumberOfProcessors;
    ULONG NtGlobalFlag;
    LARGE_INTEGER CriticalSectionTimeout;
    SIZE_T HeapSegmentReserve;             /* bytes; 1 MiB */
    SIZE_T HeapSegmentCommit;              /* bytes; 2 pages */
    SIZE_T HeapDeCommitTotalFreeThreshold; /* bytes; 64 KiB */
    SIZE_T HeapDeCommitFreeBlockThreshold; /* bytes; 4 KiB */
    ULONG NumberOfHeaps;
    ULONG MaximumNumberOfHeaps;
    PVOID *ProcessHeaps;
    PVOID GdiSharedHandleTable;
    PVOID ProcessStarterHelper;
    ULONG GdiDCAttributeList;
    PRTL_CRITICAL_SECTION LoaderLock;
    ULONG OSMajorVersion;
    ULONG OSMinorVersion;
    USHORT OSBuildNumber;
    USHORT OSCSDVersion;
    ULONG OSPlatformId;
    ULONG ImageSubsystem;
    ULONG ImageSubsystemMajorVersion;
    ULONG ImageSubsystemMinorVersion;
    ULONG ActiveProcessAffinityMask;
    ULONG GdiHandleBuffer[34];
    PVOID PostProcessInitRoutine;
    PVOID TlsExpansionBitmap; /* PRTL_BITMAP */
    ULONG TlsExpansionBitmapBits[32];
    ULONG SessionId;
    ULARGE_INTEGER AppCompatFlags;
    ULARGE_INTEGER AppCompatFlagsUser;
    PVOID pShimData;
    PVOID AppCompatInfo;
    UNICODE_STRING CSDVersion;
    PVOID ActivationContextData;
    PVOID ProcessAssemblyStorageMap;
    PVOID SystemDefaultActivationContextData;
    PVOID SystemAssemblyStorageMap;
    SIZE_T MinimumStackCommit;
    PVOID FlsCallback;
    LIST_ENTRY FlsListHead;
    PVOID FlsBitmap; /* PRTL_BITMAP */
    ULONG FlsBitmapBits[4];
    ULONG FlsHighIndex;
    PVOID WerRegistrationData;
    PVOID WerShipAssertPtr;
    PVOID pContextData;
    PVOID pImageHeaderHash;
    ULONG TracingFlags;
    ULONG Padding;
} PEB, *PPEB;
OFFSET_IS(PEB, Ldr, 0x0C);
OFFSET_IS(PEB, ProcessHeap, 0x18);
OFFSET_IS(PEB, FastPebLock, 0x1C);
OFFSET_IS(PEB, TlsBitmap, 0x40);
OFFSET_IS(PEB, NtGlobalFlag, 0x68);
OFFSET_IS(PEB, HeapSegmentReserve, 0x78);
OFFSET_IS(PEB, NumberOfHeaps, 0x88);
OFFSET_IS(PEB, ProcessHeaps, 0x90);
OFFSET_IS(PEB, LoaderLock, 0xA0);
OFFSET_IS(PEB, TlsExpansionBitmap, 0x150);
OFFSET_IS(PEB, FlsCallback, 0x20C);
C_ASSERT(sizeof(PEB) == 0x248);

typedef struct _FATHOM_CLIENT_ID {
    HANDLE UniqueProcess;
    HANDLE UniqueThread;
} TEB_CLIENT_ID;

typedef struct _TEB {
    NT_TIB NtTib;
    PVOID EnvironmentPointer;
    TEB_CLIENT_ID ClientId;
    PVOID ActiveRpcHandle;
    PVOID ThreadLocalStoragePointer;
    PPEB ProcessEnvironmentBlock;
    ULONG LastErrorValue;
    ULONG CountOfOwnedCriticalSections;
    PVOID CsrClientThread;
    PVOID Win32ThreadInfo;
    ULONG User32Reserved[26];
    ULONG UserReserved[5];
    PVOID WOW32Reserved;
    ULONG CurrentLocale;
    ULONG FpSoftwareStatusRegister;
    PVOID SystemReserved1[54];
    LONG ExceptionCode;
    PVOID ActivationContextStackPointer;
    UCHAR SpareBytes[36];
    ULONG TxFsContext;
    UCHAR GdiTebBatch[0x4E0];
    TEB_CLIENT_ID RealClientId;
    PVOID GdiCachedProcessHandle;
    ULONG GdiClientPID;
    ULONG GdiClientTID;
    PVOID GdiThreadLocalInfo;
    ULONG Win32ClientInfo[62];
    PVOID glDispatchTable[233];
    ULONG glReserved1[29];
    PVOID glReserved2[6];
    ULONG LastStatusValue;
    UNICODE_STRING StaticUnicodeString;
    WCHAR StaticUnicodeBuffer[261];
    PVOID DeallocationStack;
    PVOID TlsSlots[64];
    LIST_ENTRY TlsLinks;
    PVOID Vdm;
    PVOID ReservedForNtRpc;
    PVOID DbgSsReserved[2];
    ULONG HardErrorMode;
    PVOID Instrumentation[9];
    GUID ActivityId;
    PVOID SubProcessTag;
    PVOID EtwLocalData;
    PVOID EtwTraceData;
    PVOID WinSockData;
    ULONG GdiBatchCount;
    ULONG IdealProcessorValue;
    ULONG GuaranteedStackBytes;
    PVOID ReservedForPerf;
    PVOID ReservedForOle;
    ULONG WaitingOnLoaderLock;
    PVOID SavedPriorityState;
    ULONG_PTR SoftPatchPtr1;
    PVOID ThreadPoolData;
    PVOID *TlsExpansionSlots;
    ULONG MuiGeneration;
    ULONG IsImpersonating;
    PVOID NlsCache;
    PVOID pShimData;
    ULONG HeapVirtualAffinity;
    HANDLE CurrentTransactionHandle;
    PVOID ActiveFrame;
    PVOID FlsData;
    PVOID PreferredLanguages;
    PVOID UserPrefLanguages;
    PVOID MergedPrefLanguages;
    ULONG MuiImpersonation;
    USHORT CrossTebFlags;
    USHORT SameTebFlags;
    PVOID TxnScopeEnterCallback;
    PVOID TxnScopeExitCallback;
    PVOID TxnScopeContext;
    ULONG LockCount;
    ULONG SpareUlong0;
    PVOID ResourceRetValue;
} TEB, *PTEB;
OFFSET_IS(TEB, ClientId, 0x20);
OFFSET_IS(TEB, ThreadLocalStoragePointer, 0x2C);
OFFSET_IS(TEB, ProcessEnvironmentBlock, 0x30);
OFFSET_IS(TEB, LastErrorValue, 0x34);
OFFSET_IS(TEB, ExceptionCode, 0x1A4);
OFFSET_IS(TEB, RealClientId, 0x6B4);
OFFSET_IS(TEB, LastStatusValue, 0xBF4);
OFFSET_IS(TEB, DeallocationStack, 0xE0C);
OFFSET_IS(TEB, TlsSlots, 0xE10);
OFFSET_IS(TEB, GuaranteedStackBytes, 0xF78);
OFFSET_IS(TEB, TlsExpansionSlots, 0xF94);
OFFSET_IS(TEB, FlsData, 0xFB4);
OFFSET_IS(TEB, SameTebFlags, 0xFCA);
C_ASSERT(sizeof(TEB) == 0xFE4);

typedef struct _KSYSTEM_TIME {
    ULONG LowPart;
    LONG High1Time;
    LONG High2Time;
} KSYSTEM_TIME;

/* The page at 7FFE0000h that every process reads and only the kernel writes. */
typedef struct _KUSER_SHARED_DATA {
    ULONG TickCountLowDeprecated;
    ULONG TickCountMultiplier;           /* milliseconds a tick, as 8.24 fixed point */
    volatile KSYSTEM_TIME InterruptTime; /* 100 ns since boot */
    volatile KSYSTEM_TIME SystemTime;    /* 100 ns since 1601-01-01 UTC */
    volatile KSYSTEM_TIME TimeZoneBias;
    USHORT ImageNumberLow;
    USHORT ImageNumberHigh;
    WCHAR NtSystemRoot[260];
    ULONG MaxStackTraceDepth;
    ULONG CryptoExponent;
    ULONG TimeZoneId;
    ULONG LargePageMinimum;
    ULONG Reserved2[7];
    ULONG NtProductType;
    BOOLEAN ProductTypeIsValid;
    ULONG NtMajorVersion;
    ULONG NtMinorVersion;
    BOOLEAN ProcessorFeatures[64];
    ULONG Reserved1;
    ULONG Reserved3;
    volatile ULONG TimeSlip;
    ULONG AlternativeArchitecture;
    ULONG AltArchitecturePad;
    LARGE_INTEGER SystemExpirationDate;
    ULONG SuiteMask;
    BOOLEAN KdDebuggerEnabled;
    UCHAR NXSupportPolicy;
    ULONG ActiveConsoleId;
    ULONG DismountCount;
    ULONG ComPlusPackage;
    ULONG LastSystemRITEventTickCount;
    ULONG NumberOfPhysicalPages;
    BOOLEAN SafeBootMode;
    ULONG SharedDataFlags;
    ULONG DataFlagsPad;
    ULONGLONG TestRetInstruction;
    ULONG SystemCall;       /* KiFastSystemCall or KiIntSystemCall */
    ULONG SystemCallReturn; /* KiFastSystemCallRet */
    ULONGLONG SystemCallPad[3];
    volatile KSYSTEM_TIME TickCount;
} KUSER_SHARED_DATA, *PKUSER_SHARED_DATA;
OFFSET_IS(KUSER_SHARED_DATA, SystemTime, 0x14);
OFFSET_IS(KUSER_SHARED_DATA, NtSystemRoot, 0x30);
OFFSET_IS(KUSER_SHARED_DATA, NtMajorVersion, 0x26C);
OFFSET_IS(KUSER_SHARED_DATA, ProcessorFeatures, 0x274);
OFFSET_IS(KUSER_SHARED_DATA, NumberOfPhysicalPages, 0x2E8);
OFFSET_IS(KUSER_SHARED_DATA, SystemCall, 0x300);
OFFSET_IS(KUSER_SHARED_DATA, SystemCallReturn, 0x304);
OFFSET_IS(KUSER_SHARED_DATA, TickCount, 0x320);

/* ---- named pipes: ntifs.h's ---- */
typedef struct _FILE_PIPE_INFORMATION { /* FilePipeInformation */
    ULONG ReadMode, CompletionMode;     /* 1: messages; 1: nothing waits */
} FILE_PIPE_INFORMATION;
typedef struct _FILE_PIPE_PEEK_BUFFER {
    ULONG NamedPipeState, ReadDataAvailable, NumberOfMessages, MessageLength;
    CHAR Data[]; /* what Windows has as Data[1] */
} FILE_PIPE_PEEK_BUFFER;
typedef struct _FILE_PIPE_WAIT_FOR_BUFFER {
    LARGE_INTEGER Timeout;
    ULONG NameLength; /* bytes */
    BOOLEAN TimeoutSpecified;
    WCHAR Name[1];
} FILE_PIPE_WAIT_FOR_BUFFER;
OFFSET_IS(FILE_PIPE_WAIT_FOR_BUFFER, Name, 14);

#define FSCTL_PIPE_DISCONNECT               0x110004
#define FSCTL_PIPE_LISTEN                   0x110008
#define FSCTL_PIPE_PEEK                     0x11400C
#define FSCTL_PIPE_TRANSCEIVE               0x11C017
#define FSCTL_PIPE_WAIT                     0x110018
#define FSCTL_PIPE_GET_PIPE_ATTRIBUTE       0x110028
#define FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE 0x110030

#define USER_SHARED_DATA ((KUSER_SHARED_DATA *)MM_SHARED_USER_DATA_VA)

#define NtCurrentProcess() ((HANDLE)(LONG_PTR)-1)
#define NtCurrentThread()  ((HANDLE)(LONG_PTR)-2)

#endif
