/* ntdllp.h - private declarations of ntdll. */
#ifndef FATHOM_NTDLLP_H
#define FATHOM_NTDLLP_H

#include "rtl.h"

#define CONTAINER(address, type, field) ((type *)((PCHAR)(address)-offsetof(type, field)))

static inline void InitializeListHead(PLIST_ENTRY head)
{
    head->Flink = head->Blink = head;
}
static inline void InsertTailList(PLIST_ENTRY head, PLIST_ENTRY entry)
{
    entry->Flink = head;
    entry->Blink = head->Blink;
    head->Blink->Flink = entry;
    head->Blink = entry;
}
static inline void InsertHeadList(PLIST_ENTRY head, PLIST_ENTRY entry)
{
    entry->Blink = head;
    entry->Flink = head->Flink;
    head->Flink->Blink = entry;
    head->Flink = entry;
}
static inline void RemoveEntryList(PLIST_ENTRY entry)
{
    entry->Blink->Flink = entry->Flink;
    entry->Flink->Blink = entry->Blink;
}

/* memory.c: also what the compiler itself calls */
void *__cdecl memcpy(void *, const void *, size_t);
void *__cdecl memmove(void *, const void *, size_t);
void *__cdecl memset(void *, int, size_t);
int __cdecl memcmp(const void *, const void *, size_t);
size_t __cdecl strlen(const char *);
int __cdecl strcmp(const char *, const char *);
size_t __cdecl wcslen(const wchar_t *);

/* context.asm, exception.c */
typedef struct _SEH_FRAME {
    struct _SEH_FRAME *Next; /* towards the stack's base; -1 ends the list */
    PVOID Handler;
} SEH_FRAME;
#define SEH_END ((SEH_FRAME *)-1)
EXCEPTION_DISPOSITION NTAPI RtlpExecuteHandlerForException(PEXCEPTION_RECORD, SEH_FRAME *,
                                                           PCONTEXT, SEH_FRAME **, PVOID);
EXCEPTION_DISPOSITION NTAPI RtlpExecuteHandlerForUnwind(PEXCEPTION_RECORD, SEH_FRAME *,
                                                        PCONTEXT, SEH_FRAME **, PVOID);
/* vectored.c's; NULL until there is a handler.  TRUE: one of them continues the execution. */
extern BOOLEAN (*volatile RtlpVectoredHandlers)(PEXCEPTION_RECORD, PCONTEXT,
                                                BOOLEAN continuing);
VOID NTAPI RtlpRaiseException(PEXCEPTION_RECORD, PCONTEXT);
extern LPTOP_LEVEL_EXCEPTION_FILTER RtlpUnhandledExceptionFilter;

/* lock.c */
NTSTATUS NTAPI RtlpEnterContended(PRTL_CRITICAL_SECTION);
NTSTATUS NTAPI RtlpWakeCriticalSection(PRTL_CRITICAL_SECTION);
extern RTL_CRITICAL_SECTION RtlpPebLock;
extern BOOLEAN RtlpShutdownInProgress, RtlpThreadsCame; /* a second thread began, ever */
void RtlpCheckHeapsAtExit(void);                        /* heap/check/process.c */
void RtlpWait(PVOID key);
ULONG RtlpRareError(ULONG Status); /* rarestatus.c */
ULONG RtlpFarError(ULONG Status);  /* farstatus.c; 0: none */
NTSTATUS RtlpWaitUntil(PVOID key, PLARGE_INTEGER timeout);
void RtlpWake(PVOID key);
void RtlpYield(void);

/* thread.c: what the loader does for them at the start and the end */
typedef DWORD(__fastcall *PTHREAD_INIT_THUNK)(ULONG, PUSER_THREAD_START_ROUTINE, PVOID);
/* kernel32!BaseThreadInitThunk, once kernel32 is loaded. */
extern PTHREAD_INIT_THUNK RtlpThreadInitThunk;
extern RTL_CRITICAL_SECTION LdrpLoaderLock; /* ldr/data.c */
ULONG RtlpBootRandom(void);                 /* from the boot seed, differs by process */

/* unwind.c.  The return addresses of the caller's stack without the first Skip: at most Count;
 * result: how many.  Lock: the caller's, one for all. */
ULONG RtlpUnwindStack(ULONG Skip, ULONG Count, PVOID *Frames);
void RtlpForgetRules(void); /* an image was unmapped */

void RtlpTellFault(const EXCEPTION_RECORD *); /* heap/check/surroundings.c */
void RtlpTellBlocks(void);                    /* heap/gflags/leaks.c */
void RtlpTellImage(PVOID Base);

#endif
