/* taskmem.c - a second solution of lab 8, wholly different from ole32's own three files.
 *
 * The idea: every call of task memory is one record, a CALL, that goes through one function.
 *
 *     CoTaskMemAlloc ┐                    ┌ Before: the spy's first hook, by kind
 *     IMalloc::Free  ├──> Perform(CALL) ──┤ Heap:   kernel32, by kind
 *     GetSize ..     ┘                    └ After:  the second hook
 *
 * Ours exchanges a table of functions when a spy comes; here nothing is exchanged, and a CALL
 * looks each time.  Ours hashes the spied blocks (spied.c, unused here); this keeps them in one
 * sorted array that is searched by halves.  Ours marshals field by field; here a cursor walks
 * along the message.
 *
 * The lock is held for the whole of a CALL, so both hooks are one step (S3), and the depth of
 * calls under it tells a hook's own call (S4).  OlepHeap is nobody's.
 *
 * LAB_ZERO, LAB_GRANULE, LAB_FILL: the rules of a seed, so that the proof can ask for any.
 */
#include "outparam.h"
#include "spy.h"

#ifndef LAB_ZERO
#define LAB_ZERO 0
#endif
#ifndef LAB_GRANULE
#define LAB_GRANULE 1
#endif
#ifndef LAB_FILL
#define LAB_FILL 256
#endif

/* ---- the blocks that the spy has seen: Seen[0 .. Used) ascends ---- */
static void **Seen;
static SIZE_T Used, Room;

/* The first index whose pointer is not below this one. */
static SIZE_T IndexOf(void *Pointer)
{
    SIZE_T Low = 0, High = Used;
    while (Low < High) {
        const SIZE_T Middle = (Low + High) / 2;
        if ((ULONG_PTR)Seen[Middle] < (ULONG_PTR)Pointer)
            Low = Middle + 1;
        else
            High = Middle;
    }
    return Low;
}

static BOOL WasSeen(void *Pointer)
{
    const SIZE_T At = IndexOf(Pointer);
    return Pointer != NULL && At < Used && Seen[At] == Pointer;
}

static BOOL MakeRoom(void)
{
    if (Used < Room)
        return TRUE;
    const SIZE_T More = Room ? Room * 2 : 32, Bytes = More * sizeof(void *);
    void **Larger = Seen ? HeapReAlloc(GetProcessHeap(), 0, Seen, Bytes)
                         : HeapAlloc(GetProcessHeap(), 0, Bytes);
    if (Larger == NULL)
        return FALSE;
    Seen = Larger;
    Room = More;
    return TRUE;
}

static void Remember(void *Pointer)
{
    const SIZE_T At = IndexOf(Pointer);
    for (SIZE_T i = Used++; i > At; i--)
        Seen[i] = Seen[i - 1];
    Seen[At] = Pointer;
}

static void Forget(void *Pointer)
{
    for (SIZE_T i = IndexOf(Pointer) + 1; i < Used; i++)
        Seen[i - 1] = Seen[i];
    Used--;
}

/* ---- one call ---- */
enum { GET, RESIZE, GIVE, MEASURE, ASK, SHRINK };
typedef struct {
    int Kind;
    BOOL Spied, Refused;
    void *Pointer; /* the caller's; after it, what the caller gets */
    void *Block;   /* the heap's */
    SIZE_T Size;   /* wanted; after it, what is answered */
} CALL;

static CRITICAL_SECTION Gate;
static IMallocSpy *Watcher;
static BOOL Leaving;
static ULONG Depth; /* of calls, under Gate */

/* The first hook: what it answers is what the heap is asked. */
static void Before(IMallocSpy *By, CALL *Call)
{
    const SIZE_T Wanted = Call->Size;
    void *const Its = Call->Pointer;
    const BOOL Spied = Call->Spied;
    if (Call->Kind == GET) {
        Call->Size = By->lpVtbl->PreAlloc(By, Wanted);
        Call->Refused = Call->Size == 0 && Wanted != 0;
    } else if (Call->Kind == RESIZE) {
        Call->Size = By->lpVtbl->PreRealloc(By, Its, Wanted, &Call->Block, Spied);
        Call->Refused = Call->Size == 0;
    } else if (Call->Kind == GIVE) {
        Call->Block = By->lpVtbl->PreFree(By, Its, Spied);
    } else if (Call->Kind == MEASURE) {
        Call->Block = By->lpVtbl->PreGetSize(By, Its, Spied);
    } else if (Call->Kind == ASK) {
        Call->Block = By->lpVtbl->PreDidAlloc(By, Its, Spied);
    } else {
        By->lpVtbl->PreHeapMinimize(By);
    }
}

static void AskHeap(CALL *Call)
{
    const HANDLE Heap = GetProcessHeap();
    void *const Block = Call->Block;
    if (Call->Kind == GET)
        Call->Block = HeapAlloc(Heap, 0, Call->Size);
    else if (Call->Kind == SHRINK)
        HeapCompact(Heap, 0);
    else if (Block == NULL)
        Call->Size = (SIZE_T)-1;
    else if (Call->Kind == RESIZE)
        Call->Block = HeapReAlloc(Heap, 0, Block, Call->Size);
    else if (Call->Kind == GIVE)
        HeapFree(Heap, 0, Block);
    else
        Call->Size = Call->Kind == MEASURE ? HeapSize(Heap, 0, Block)
                                           : (SIZE_T)HeapValidate(Heap, 0, Block);
}

/* The second hook, and which blocks are spied from now on. */
static void After(IMallocSpy *By, CALL *Call)
{
    void *const Old = Call->Pointer;
    const BOOL Spied = Call->Spied;
    if (Call->Kind == GET) {
        Call->Pointer = By->lpVtbl->PostAlloc(By, Call->Block);
        if (Call->Pointer)
            Remember(Call->Pointer);
    } else if (Call->Kind == RESIZE) {
        Call->Pointer = By->lpVtbl->PostRealloc(By, Call->Block, Spied);
        if (Call->Block && Spied) {
            Forget(Old);
            Remember(Call->Pointer);
        }
    } else if (Call->Kind == GIVE) {
        By->lpVtbl->PostFree(By, Spied);
        if (Spied)
            Forget(Old);
    } else if (Call->Kind == MEASURE) {
        Call->Size = By->lpVtbl->PostGetSize(By, Call->Size, Spied);
    } else if (Call->Kind == ASK) {
        Call->Size = (SIZE_T)By->lpVtbl->PostDidAlloc(By, Old, Spied, (int)Call->Size);
    } else {
        By->lpVtbl->PostHeapMinimize(By);
    }
}

/* A spy that was revoked goes once nothing that it saw is left. */
static void LetGo(void)
{
    IMallocSpy *Gone = NULL;
    if (--Depth == 0 && Leaving && Used == 0) {
        Gone = Watcher;
        Watcher = NULL;
        Leaving = FALSE;
    }
    LeaveCriticalSection(&Gate);
    if (Gone)
        Gone->lpVtbl->Release(Gone);
}

static void Perform(CALL *Call)
{
    EnterCriticalSection(&Gate);
    IMallocSpy *const By = Depth++ == 0 ? Watcher : NULL;
    Call->Spied = WasSeen(Call->Pointer);
    Call->Block = Call->Pointer;
    if (By)
        Before(By, Call);
    if (!Call->Refused && (By == NULL || Call->Kind != GET || MakeRoom()))
        AskHeap(Call);
    if (Call->Refused)
        Call->Pointer = NULL;
    else if (By)
        After(By, Call);
    else
        Call->Pointer = Call->Block;
    LetGo();
}

/* ---- the functions ---- */
static SIZE_T Rounded(SIZE_T Size)
{
    const SIZE_T Up = (Size + LAB_GRANULE - 1) / LAB_GRANULE * LAB_GRANULE;
    return Up < Size ? Size : Up;
}

LPVOID WINAPI CoTaskMemAlloc(SIZE_T Size)
{
    CALL Call = {.Kind = GET, .Size = Rounded(Size)};
    if (LAB_ZERO && Size == 0)
        return NULL;
    Perform(&Call);
    if (LAB_FILL < 256 && Call.Pointer)
        for (SIZE_T i = 0; i < Rounded(Size); i++)
            ((volatile BYTE *)Call.Pointer)[i] = (BYTE)LAB_FILL;
    return Call.Pointer;
}

LPVOID WINAPI CoTaskMemRealloc(LPVOID Block, SIZE_T Size)
{
    CALL Call = {.Kind = Size ? RESIZE : GIVE, .Pointer = Block, .Size = Rounded(Size)};
    if (Block == NULL)
        return CoTaskMemAlloc(Size);
    Perform(&Call);
    return Size ? Call.Pointer : NULL;
}

void WINAPI CoTaskMemFree(LPVOID Block)
{
    CALL Call = {.Kind = GIVE, .Pointer = Block};
    if (Block)
        Perform(&Call);
}

/* ---- the object: the first word of a table of words ---- */
static BOOL Is(REFIID A, REFIID B)
{
    const ULONG *L = (const ULONG *)A, *R = (const ULONG *)B;
    return ((L[0] ^ R[0]) | (L[1] ^ R[1]) | (L[2] ^ R[2]) | (L[3] ^ R[3])) == 0;
}

static HRESULT STDMETHODCALLTYPE Face(IMalloc *This, REFIID Iid, void **Object)
{
    static const IID Known[] = {{0, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}},
                                {2, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}}};
    if (Object == NULL)
        return E_POINTER;
    for (int i = 0; i < 2; i++)
        if (Is(Iid, &Known[i])) {
            *Object = This;
            return S_OK;
        }
    *Object = NULL;
    return E_NOINTERFACE;
}

static ULONG STDMETHODCALLTYPE Always(IMalloc *This)
{
    (void)This;
    return 1;
}

static void *STDMETHODCALLTYPE ByObject(IMalloc *This, SIZE_T Size)
{
    (void)This;
    return CoTaskMemAlloc(Size);
}

static void *STDMETHODCALLTYPE Again(IMalloc *This, void *Block, SIZE_T Size)
{
    (void)This;
    return CoTaskMemRealloc(Block, Size);
}

static void STDMETHODCALLTYPE Give(IMalloc *This, void *Block)
{
    (void)This;
    CoTaskMemFree(Block);
}

static SIZE_T STDMETHODCALLTYPE Measure(IMalloc *This, void *Block)
{
    CALL Call = {.Kind = MEASURE, .Pointer = Block};
    (void)This;
    if (Block == NULL)
        return (SIZE_T)-1;
    Perform(&Call);
    return Call.Size;
}

static int STDMETHODCALLTYPE Ask(IMalloc *This, void *Block)
{
    CALL Call = {.Kind = ASK, .Pointer = Block};
    (void)This;
    if (Block == NULL)
        return -1;
    Perform(&Call);
    return (int)Call.Size;
}

static void STDMETHODCALLTYPE Shrink(IMalloc *This)
{
    CALL Call = {.Kind = SHRINK};
    (void)This;
    Perform(&Call);
}

static IMallocVtbl Functions = {Face, Always,  Always, ByObject, Again,
                                Give, Measure, Ask,    Shrink};
static IMalloc TheOne = {&Functions};

HRESULT WINAPI CoGetMalloc(DWORD Context, LPMALLOC *Malloc)
{
    if (Malloc == NULL)
        return E_INVALIDARG;
    *Malloc = NULL;
    if (Context != MEMCTX_TASK)
        return E_INVALIDARG;
    *Malloc = &TheOne;
    return S_OK;
}

/* ---- spies come and go ---- */
void OlepSpyInitialize(void)
{
    InitializeCriticalSection(&Gate);
}

HRESULT WINAPI CoRegisterMallocSpy(LPMALLOCSPY NewSpy)
{
    static const IID Spying = {0x1D, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
    void *Its = NULL;
    if (NewSpy == NULL || NewSpy->lpVtbl->QueryInterface(NewSpy, &Spying, &Its) < 0)
        return E_INVALIDARG;
    EnterCriticalSection(&Gate);
    const BOOL Free = Watcher == NULL;
    if (Free)
        Watcher = Its;
    LeaveCriticalSection(&Gate);
    if (!Free)
        NewSpy->lpVtbl->Release(Its);
    return Free ? S_OK : CO_E_OBJISREG;
}

HRESULT WINAPI CoRevokeMallocSpy(void)
{
    HRESULT Result = CO_E_OBJNOTREG;
    EnterCriticalSection(&Gate);
    Depth++;
    if (Watcher) {
        Leaving = TRUE;
        Result = Used ? E_ACCESSDENIED : S_OK;
    }
    LetGo();
    return Result;
}

/* ---- [out]: a cursor over the message ---- */
typedef struct {
    BYTE *At, *End;
} CURSOR;

/* So many bytes from the cursor on, which moves; NULL: they are not there. */
static BYTE *Step(CURSOR *Cursor, SIZE_T Bytes)
{
    BYTE *const Here = Cursor->At;
    if (Bytes > (SIZE_T)(Cursor->End - Here))
        return NULL;
    Cursor->At += Bytes;
    return Here;
}

static BOOL Put(CURSOR *Cursor, const void *From, SIZE_T Bytes)
{
    BYTE *const To = From || !Bytes ? Step(Cursor, Bytes) : NULL;
    if (To && Bytes)
        OlepCopy(To, From, Bytes);
    return To != NULL;
}

HRESULT OlepPutSounding(CALL_MESSAGE *Message, LPOLESTR Text, SOUNDING *Sounding,
                        ULONG Fathoms)
{
    CALL_REPLY *const Reply = (CALL_REPLY *)Message->Data;
    CURSOR Cursor = {Reply->Rest, Message->Data + sizeof(Message->Data)};
    SIZE_T Characters = 0;
    BOOL Good =
        Text && Sounding && Sounding->Count <= sizeof(Message->Data) / sizeof(ULONG);
    while (Good && Text[Characters++] != 0)
        ;
    Good = Good && Put(&Cursor, Text, Characters * sizeof(OLECHAR)) &&
           Put(&Cursor, Sounding->Depths, Sounding->Count * sizeof(ULONG));
    if (Good) {
        Reply->Fathoms = Fathoms;
        Reply->PlaceBytes = (ULONG)(Characters * sizeof(OLECHAR));
        Reply->Sounding = (SOUNDING){Sounding->ProcessId, Sounding->Count, NULL};
    }
    OlepSetLength(&Message->Header,
                  Good ? (SIZE_T)(Cursor.At - Message->Data) : sizeof(*Reply));
    if (Sounding)
        CoTaskMemFree(Sounding->Depths);
    CoTaskMemFree(Sounding);
    CoTaskMemFree(Text);
    return Good ? S_OK : RPC_E_SERVER_CANTMARSHAL_DATA;
}

HRESULT OlepTakeSounding(const CALL_MESSAGE *Message, LPOLESTR *Place,
                         SOUNDING **Sounding, ULONG *Fathoms)
{
    const CALL_REPLY *const Reply = (const CALL_REPLY *)Message->Data;
    const SIZE_T Length = (SIZE_T)Message->Header.DataLength;
    CURSOR Cursor = {(BYTE *)Reply->Rest, (BYTE *)Message->Data + Length};
    if (Length < sizeof(*Reply))
        return RPC_E_INVALID_DATA;
    if (Reply->Result < 0)
        return Reply->Result;
    const SIZE_T TextBytes = Reply->PlaceBytes, Left = Length - sizeof(*Reply);
    const OLECHAR *const Text = (const OLECHAR *)Step(&Cursor, TextBytes);
    if (Text == NULL || TextBytes < 2 || TextBytes % 2 || Text[TextBytes / 2 - 1] != 0 ||
        (Left - TextBytes) / 4 != Reply->Sounding.Count)
        return RPC_E_INVALID_DATA;
    const SIZE_T Sizes[3] = {TextBytes, sizeof(SOUNDING), Reply->Sounding.Count * 4};
    void *Blocks[3] = {NULL, NULL, NULL};
    for (int i = 0; i < 3; i++)
        if ((Blocks[i] = CoTaskMemAlloc(Sizes[i])) == NULL &&
            !(LAB_ZERO && Sizes[i] == 0)) {
            while (i-- > 0)
                CoTaskMemFree(Blocks[i]);
            return E_OUTOFMEMORY;
        }
    OlepCopy(Blocks[0], Text, TextBytes);
    OlepCopy(Blocks[2], Cursor.At, Sizes[2]);
    *(SOUNDING *)Blocks[1] = Reply->Sounding;
    ((SOUNDING *)Blocks[1])->Depths = Blocks[2];
    *Place = Blocks[0];
    *Sounding = Blocks[1];
    *Fathoms = Reply->Fathoms;
    return Reply->Result;
}
