/* k32.h - what the files of kernel32 share.
 *
 * kernel32 is the documented face of the system: it checks what the documentation says is
 * checked, turns byte strings into UTF-16, calls ntdll, and turns the NTSTATUS that comes
 * back into a last error.  It calls nothing but ntdll.
 */
#ifndef FATHOM_K32_H
#define FATHOM_K32_H

#include "ntdll.h"
#include <wingdi.h>
#include <wincon.h>
#include <winnls.h>
#include <tlhelp32.h>
#include <string.h>

static inline PTEB BaseTeb(void)
{
    PTEB teb;
    __asm__("movl %%fs:0x18, %0" : "=r"(teb));
    return teb;
}
static inline PPEB BasePeb(void)
{
    PPEB peb;
    __asm__("movl %%fs:0x30, %0" : "=r"(peb));
    return peb;
}
/* The default heap, where Local, Global and CoTaskMem live. */
static inline PVOID BaseHeap(void)
{
    return BasePeb()->ProcessHeap;
}

static inline FILETIME BasepFileTime(LARGE_INTEGER time)
{
    return (FILETIME){time.LowPart, (DWORD)time.HighPart};
}

/* error.c */
ULONG BaseSetLastNTError(NTSTATUS); /* sets the last error and returns it */
BOOL BasepResult(NTSTATUS);   /* TRUE on success, else FALSE with the last error set */
BOOL BasepIsNode(DWORD node); /* else ERROR_INVALID_PARAMETER */
BOOL BasepFail(DWORD error);  /* FALSE, with that last error */

/* convert.c: byte strings of the ANSI page to UTF-16, from the default heap. */
BOOL Basep8BitStringToDynamicUnicodeString(PUNICODE_STRING,
                                           LPCSTR); /* sets the last error */
LPWSTR BasepToWide(LPCSTR);     /* NULL stays NULL; free with BasepFree */
LPWSTR BasepPathToWide(LPCSTR); /* so, too; NULL is ERROR_PATH_NOT_FOUND */
BOOL BasepCopyBasic(HANDLE from, HANDLE to);
LPSTR BasepToAnsi(LPCWSTR); /* the same, the other way */
void BasepFree(PVOID);
/* Copy a result of `needed` characters, NUL not counted, into out: the return value that
 * GetTempPath and its kin document (length written, or size needed with the NUL). */
DWORD BasepReturnString(LPCWSTR from, DWORD needed, LPWSTR out, DWORD size);
DWORD BasepReturnAnsi(LPCWSTR from, LPSTR out, DWORD size);

/* attributes.c: what LPPROC_THREAD_ATTRIBUTE_LIST points to; the parts are the caller's. */
typedef struct {
    DWORD Most, Count;
    const HANDLE *HandleList, *Parent;
    SIZE_T HandleListSize; /* bytes */
} BASE_ATTRIBUTES;

/* process.c: the kernel's number of the first priority class in the flags of CreateProcess
 * or SetPriorityClass, idle first; 0: there is none. */
UCHAR BasepPriorityClass(DWORD flags);

/* datafile.c */
HMODULE BasepLoadData(LPCWSTR name, DWORD flags); /* NULL: the last error is set */
BOOL BasepFreeData(HMODULE);

/* sync.c */
PLARGE_INTEGER BaseFormatTimeOut(PLARGE_INTEGER, DWORD milliseconds); /* NULL: INFINITE */

/* A name in \BaseNamedObjects with its attributes: OBJ_INHERIT from the
 * SECURITY_ATTRIBUTES. */
typedef struct {
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    WCHAR Text[280]; /* MAX_PATH and the directory */
} BASE_NAME;
/* FALSE: the name is too long (ERROR_FILENAME_EXCED_RANGE) or in a foreign directory. */
BOOL BaseFormatObjectAttributes(BASE_NAME *, LPSECURITY_ATTRIBUTES, LPCWSTR name,
                                ULONG flags);
/* The end of every Create*: NULL and the error, or the handle with
 * ERROR_ALREADY_EXISTS/0. */
HANDLE BasepCreated(NTSTATUS, HANDLE);

/* probe.asm */
BOOL NTAPI BasepTouchRead(LPCVOID); /* can a byte be read (written) there? */
BOOL NTAPI BasepTouchWrite(LPVOID);
void NTAPI
BasepRaisePrint(const ULONG_PTR arguments[2]); /* DBG_PRINTEXCEPTION_C, and goes on */

/* local.c */
BOOL BasepMovableBlock(PVOID block,
                       HANDLE *handle); /* is a heap block one of Global's? */

/* module.c */
/* Already loaded, without a reference; NULL without a last error. */
HMODULE BasepModule(LPCWSTR name);

/* handle.c: STD_OUTPUT_HANDLE and its kin used as handles stand for the streams
 * themselves. */
HANDLE BasepResolve(HANDLE);
BOOL BasepConsoleControl(HANDLE console, ULONG code, PVOID in, ULONG inLength, PVOID out,
                         ULONG outLength); /* ERROR_INVALID_HANDLE: no console */

/* tls.c */
void BasepThreadEnds(void); /* runs FLS callbacks, frees the slots */
extern HMODULE BaseDllHandle;

/* exception.c, console.c, process.c: what DllMain starts. */
void BasepInitializeExceptions(void);
void BasepInitializeProcess(void);
void BasepInitializeControl(void); /* the kernel learns where events are to begin */

/* path of a DOS name as the kernel wants it; freed with RtlFreeUnicodeString. */
BOOL BasepNtPath(LPCWSTR path, PUNICODE_STRING nt, OBJECT_ATTRIBUTES *,
                 LPSECURITY_ATTRIBUTES);

#endif
