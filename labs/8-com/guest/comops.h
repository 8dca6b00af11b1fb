/* comops.h - what the judge asks for, and the side that does it.
 *
 *     com.exe (judge, no ole32)  ── ASK ──>  comside.exe (holds the student's ole32.dll)
 *            reads and writes its memory  <── ANSWER ──  no verdict is made there
 *
 * An operation is one call of the student's DLL, or one look at the truth through kernel32.
 * Everything here that is the side's is in side_do, which com.exe uses itself when it is told to be
 * alone (make gdb, make record): then one process is both.
 */
#ifndef COMOPS_H
#define COMOPS_H
#define COBJMACROS
#include <windows.h>
#include <objbase.h>
#include <stdio.h>
#include "sounding.h"

/* Calls of the student's file, then what is asked of others. */
enum {
    ALLOC,
    REALLOC,
    FREE,
    IALLOC,
    IREALLOC,
    IFREE,
    GETSIZE,
    DIDALLOC,
    MINIMIZE,
    QUERY,
    GETMALLOC,
    ADDREF,
    RELEASE,
    SPY,
    REVOKE,
    RACE,
    SOUND,
    HEAPSIZE,
    HEAPALLOC,
    HEAPFREE,
    BUSY,
    LOG,
    LOGS,
    REFERENCES,
    SERVE,
    JOIN,
    DROP,
    STORY,
    PID,
};
typedef struct {
    unsigned op, a, b;
} ASK;
typedef struct {
    unsigned r, x, y, z;
} ANSWER;

/* How the spy behaves (SPY, a). */
enum { HEADER = 1, REFUSES = 2, INSIDE = 4, SLOW = 8, NO_SPY = 16, NULL_SPY = 32 };
#define NO_OBJECT 0x0B1EC7 /* in z: CoGetMalloc gave none, so there was no call */
#define SHIFT     32u      /* bytes of its header */
/* Which hook a line of its log is of. */
enum {
    NONE,
    PREALLOC,
    POSTALLOC,
    PREFREE,
    POSTFREE,
    PREREALLOC,
    POSTREALLOC,
    PREGETSIZE,
    POSTGETSIZE,
    PREDIDALLOC,
    POSTDIDALLOC,
    PREMINIMIZE,
    POSTMINIMIZE
};
/* What the served object does (STORY, a). */
enum { GOOD, FAILS, EMPTY, LARGE };
static const unsigned depths[5] = {10, 200, 3000, 40000, 10994};

/* ---- the student's DLL ---- */
static struct {
    HMODULE dll;
    LPVOID(WINAPI *alloc)(SIZE_T);
    LPVOID(WINAPI *realloc)(LPVOID, SIZE_T);
    void(WINAPI *free)(LPVOID);
    HRESULT(WINAPI *get)(DWORD, LPMALLOC *);
    HRESULT(WINAPI *spy)(LPMALLOCSPY);
    HRESULT(WINAPI *revoke)(void);
    HRESULT(WINAPI *init)(LPVOID, DWORD);
    HRESULT(WINAPI *serve)(REFCLSID, LPUNKNOWN, DWORD, DWORD, LPDWORD);
    HRESULT(WINAPI *join)(REFCLSID, LPUNKNOWN, DWORD, REFIID, LPVOID *);
} ole;
static IMalloc *task;

static void find(void *where, const char *name)
{
    *(FARPROC *)where = GetProcAddress(ole.dll, name);
}

/* What a skeleton says by OutputDebugString. */
static LONG CALLBACK show_text(EXCEPTION_POINTERS *what)
{
    const EXCEPTION_RECORD *record = what->ExceptionRecord;
    DWORD done;
    if (record->ExceptionCode == 0x40010006 /* DBG_PRINTEXCEPTION_C */ &&
        record->ExceptionInformation[0] != 0)
        WriteFile(GetStdHandle(STD_ERROR_HANDLE), (void *)record->ExceptionInformation[1],
                  record->ExceptionInformation[0] - 1, &done, NULL);
    return EXCEPTION_CONTINUE_SEARCH;
}

static void load(void)
{
    AddVectoredExceptionHandler(1, show_text);
    ole.dll = LoadLibraryA("ole32.dll");
    find(&ole.alloc, "CoTaskMemAlloc");
    find(&ole.realloc, "CoTaskMemRealloc");
    find(&ole.free, "CoTaskMemFree");
    find(&ole.get, "CoGetMalloc");
    find(&ole.spy, "CoRegisterMallocSpy");
    find(&ole.revoke, "CoRevokeMallocSpy");
    find(&ole.init, "CoInitializeEx");
    find(&ole.serve, "CoRegisterClassObject");
    find(&ole.join, "CoCreateInstance");
    ole.get(MEMCTX_TASK, &task);
}

#include "comspy.h"
#include "comserved.h"

/* ---- the default heap, as kernel32 sees it ---- */
static void busy(ANSWER *to)
{
    PROCESS_HEAP_ENTRY entry = {NULL};
    to->r = to->x = 0;
    while (HeapWalk(GetProcessHeap(), &entry))
        if (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) {
            to->r++;
            to->x += entry.cbData;
        }
}

static void query(unsigned which, ANSWER *to)
{
    const IID *const asked[] = {&is_unknown, &is_malloc, &is_factory};
    void *object_found = (void *)0xCCCCCCCC;
    to->r = (unsigned)task->lpVtbl->QueryInterface(task, asked[which % 3],
                                                   which < 3 ? &object_found : NULL);
    to->x = (unsigned)object_found;
    to->y = (unsigned)task;
}

static BOOL needs_object(unsigned op)
{
    return (op >= IALLOC && op <= QUERY) || op == ADDREF || op == RELEASE;
}

static void side_do(const ASK *asked, ANSWER *to)
{
    void *const a = (void *)asked->a;
    const HANDLE heap = GetProcessHeap();
    IMalloc *got = (IMalloc *)0xCCCCCCCC;
    DWORD cookie;
    if (ole.dll == NULL)
        load();
    memset(to, 0, sizeof *to);
    if (task == NULL && needs_object(asked->op)) {
        to->z = NO_OBJECT;
        return;
    }
    switch (asked->op) {
    case ALLOC:
        to->r = (unsigned)ole.alloc(asked->a);
        break;
    case REALLOC:
        to->r = (unsigned)ole.realloc(a, asked->b);
        break;
    case FREE:
        ole.free(a);
        break;
    case IALLOC:
        to->r = (unsigned)task->lpVtbl->Alloc(task, asked->a);
        break;
    case IREALLOC:
        to->r = (unsigned)task->lpVtbl->Realloc(task, a, asked->b);
        break;
    case IFREE:
        task->lpVtbl->Free(task, a);
        break;
    case GETSIZE:
        to->r = task->lpVtbl->GetSize(task, a);
        break;
    case DIDALLOC:
        to->r = (unsigned)task->lpVtbl->DidAlloc(task, a);
        break;
    case MINIMIZE:
        task->lpVtbl->HeapMinimize(task);
        break;
    case QUERY:
        query(asked->a, to);
        break;
    case GETMALLOC:
        to->r = (unsigned)ole.get(asked->a, asked->b ? &got : NULL);
        to->x = (unsigned)got;
        break;
    case ADDREF:
        to->r = task->lpVtbl->AddRef(task);
        break;
    case RELEASE:
        to->r = task->lpVtbl->Release(task);
        break;
    case SPY:
        mode = asked->a;
        count = 0;
        to->r = (unsigned)ole.spy(mode & NULL_SPY ? NULL : &the_spy);
        break;
    case REVOKE:
        to->r = (unsigned)ole.revoke();
        break;
    case RACE:
        race();
        break;
    case SOUND:
        sound(to);
        break;
    case HEAPSIZE:
        to->r = HeapValidate(heap, 0, a) ? HeapSize(heap, 0, a) : ~0u;
        break;
    case HEAPALLOC:
        to->r = (unsigned)HeapAlloc(heap, 0, asked->a);
        break;
    case HEAPFREE:
        to->r = (unsigned)HeapFree(heap, 0, a);
        break;
    case BUSY:
        busy(to);
        break;
    case LOG:
        to->r = lines[asked->a % 64].hook;
        to->x = lines[asked->a % 64].value;
        to->y = lines[asked->a % 64].spied;
        to->z = lines[asked->a % 64].thread;
        break;
    case LOGS:
        to->r = (unsigned)count;
        count = 0;
        break;
    case REFERENCES:
        to->r = (unsigned)references;
        break;
    case SERVE:
        ole.init(NULL, COINIT_MULTITHREADED);
        to->r = (unsigned)ole.serve(&served, (IUnknown *)&factory, CLSCTX_LOCAL_SERVER,
                                    REGCLS_MULTIPLEUSE, &cookie);
        break;
    case JOIN:
        ole.init(NULL, COINIT_MULTITHREADED);
        to->r = (unsigned)ole.join(&served, NULL, CLSCTX_LOCAL_SERVER, &IID_ISounding,
                                   (void **)&proxy);
        break;
    case DROP:
        proxy->lpVtbl->Release(proxy);
        break;
    case STORY:
        story = asked->a;
        break;
    case PID:
        to->r = GetCurrentProcessId();
        break;
    }
}
#endif
