/* stack.c - walk a stack from the kernel, across the ring, down to a program's entry.
 *
 * The kernel and our DLLs keep EBP, so most of the way is [ebp], [ebp+4].  Three places
 * differ:
 *
 *   - the trap frame.  The entry code leaves EBP on the KTRAP_FRAME; its DbgArgMark tells
 * it from a C frame.  From there the walk goes on with the registers saved in it.
 *   - the two stubs.  At a service the user stack is always
 *         [esp] return into ntdll!NtXxx   [esp+4] return into its caller   [esp+8]
 * arguments because KiFastSystemCall and the stub push nothing.  The two bytes before the
 * saved EIP are read, and must be sysenter (0F 34) or int 2Eh (CD 2E), to say so.
 *   - foreign code without EBP (libstdc++'s operator new).  A function is taken to keep a
 * frame if `push ebp; mov ebp,esp` is near its start.  If not, its stack is scanned
 * upward for the first dword that follows a call instruction of an executable image; the
 * frame found so is marked FATHOM_FRAME_GUESSED.
 *
 * All reads go through KdReadMemory: nothing here faults, allocates or trusts.  A chain
 * that does not rise ends the walk.  Lock: none.  WinDbg: `kb`.
 */
#include "observe/observe.h"

NTSTATUS (*KdReadMemory)(ULONG_PTR address, void *buffer, SIZE_T size);
struct _MMSPACE *(*KdEnterSpace)(struct _MMSPACE *);
void (*KdDescribeThread)(PKTHREAD, char *text, SIZE_T size);

#define SCAN_DWORDS    512 /* how far a frameless function's stack is searched */
#define MOST_THREADS   64
#define IMAGES_SEEN    8
#define PROLOGUE_BYTES 32 /* where push ebp / mov ebp,esp must stand */

typedef struct {
    ULONG Eip, Ebp, Esp; /* Esp 0: not known */
    ULONG Flags;         /* of the frame that Eip will become */
    FATHOM_FRAME *Out;
    ULONG Count, Max;
} WALK;

/* noinline: one function that calls through KdReadMemory (tools/kstack.tbl). */
static __attribute__((noinline)) BOOLEAN KdpRead(ULONG_PTR address, void *buffer,
                                                 SIZE_T size)
{
    return KdReadMemory && NT_SUCCESS(KdReadMemory(address, buffer, size));
}

static FATHOM_FRAME *KdpEmit(WALK *walk, ULONG address, ULONG frame, ULONG flags)
{
    static FATHOM_FRAME spill;
    FATHOM_FRAME *out = walk->Count < walk->Max ? &walk->Out[walk->Count++] : &spill;
    *out = (FATHOM_FRAME){.Address = address, .Frame = frame, .Flags = flags};
    if (address >= MM_SYSTEM_RANGE_START)
        out->Flags |= FATHOM_FRAME_KERNEL;
    return out;
}

static void KdpEmitArguments(FATHOM_FRAME *frame, ULONG_PTR at)
{
    for (ULONG i = 0; i < FATHOM_FRAME_ARGUMENTS; i++)
        if (!KdpRead(at + 4 * i, &frame->Arguments[i], 4))
            return;
    frame->Flags |= FATHOM_FRAME_ARGS;
}

/* Offset in the function's first bytes just after `mov ebp,esp`, when a `push ebp`
 * is before it (the compiler may put another instruction between the two); 0: it
 * keeps no frame. */
static ULONG KdpFramePrologue(ULONG_PTR start)
{
    UCHAR code[PROLOGUE_BYTES];
    BOOLEAN pushed = FALSE;
    if (!start || !KdpRead(start, code, sizeof code))
        return 0;
    for (ULONG i = 0; i + 1 < sizeof code; i++) {
        if (pushed && ((code[i] == 0x89 && code[i + 1] == 0xE5) ||
                       (code[i] == 0x8B && code[i + 1] == 0xEC)))
            return i + 2;
        pushed |= code[i] == 0x55;
    }
    return 0;
}

/* How sure is it that the call before this return address called the function at start?
 * 0: no call instruction ends there; 1: a call through a register or memory, which may
 * have; 2: a direct call, to start itself or to an import thunk (jmp [address]) that
 * leads to it. */
static int KdpCallsFunction(ULONG_PTR address, ULONG_PTR start)
{
    KDIMAGE image;
    UCHAR code[7], thunk[6];
    ULONG target, pointer;
    if (address < MM_LOWEST_USER_ADDRESS || address >= MM_SYSTEM_RANGE_START ||
        !KdFindImage || !KdFindImage(address, &image) ||
        !KdpRead(address - 7, code, sizeof code))
        return 0;
    if (code[2] == 0xE8) { /* call rel32 */
        target =
            address + (code[3] | code[4] << 8 | code[5] << 16 | (ULONG)code[6] << 24);
        if (target == start)
            return 2;
        if (!KdpRead(target, thunk, sizeof thunk) || thunk[0] != 0xFF || thunk[1] != 0x25)
            return 0;
        pointer = thunk[2] | thunk[3] << 8 | thunk[4] << 16 | (ULONG)thunk[5] << 24;
        return KdpRead(pointer, &target, 4) && target == start ? 2 : 0;
    }
    return (code[5] == 0xFF && (code[6] & 0x38) == 0x10) || /* call [reg], call reg */
           (code[4] == 0xFF && (code[5] & 0xF8) == 0x50) || /* call [reg+disp8] */
           (code[1] == 0xFF &&
            ((code[2] & 0xF8) == 0x90 || code[2] == 0x15)); /* [..disp32] */
}

/* The caller of a function that keeps no frame: scan. FALSE: nothing found. */
static BOOLEAN KdpScanForCaller(WALK *walk, FATHOM_FRAME *frame, ULONG_PTR start)
{
    ULONG found = 0, value;
    int best = 0;
    for (ULONG i = 0; walk->Esp && best < 2 && i < SCAN_DWORDS; i++) {
        ULONG slot = walk->Esp + 4 * i;
        if ((walk->Ebp > walk->Esp && slot >= walk->Ebp) || !KdpRead(slot, &value, 4))
            break;
        int sure = KdpCallsFunction(value, start);
        if (sure > best) {
            best = sure;
            found = slot;
        }
    }
    if (!best || !KdpRead(found, &value, 4))
        return FALSE;
    frame->Frame = found - 4; /* where EBP would be, had it kept one */
    KdpEmitArguments(frame, found + 4);
    walk->Eip = value;
    walk->Esp = found + 4;
    walk->Flags = FATHOM_FRAME_GUESSED;
    return TRUE;
}

/* One [ebp] step. FALSE ends the walk. */
static BOOLEAN KdpFollowEbp(WALK *walk)
{
    ULONG pair[2];
    if (walk->Ebp < MM_LOWEST_USER_ADDRESS || (walk->Ebp & 3) ||
        !KdpRead(walk->Ebp, pair, sizeof pair) || (pair[0] && pair[0] <= walk->Ebp) ||
        !pair[1])
        return FALSE;
    walk->Esp = walk->Ebp + 8;
    walk->Ebp = pair[0];
    walk->Eip = pair[1];
    walk->Flags = 0;
    return TRUE;
}

static BOOLEAN KdpStepUser(WALK *walk)
{
    char text[4];
    ULONG_PTR start = 0;
    BOOLEAN atTrap = (walk->Flags & FATHOM_FRAME_TRAP) != 0;
    /* A return address may lie after a call that ends its function: look one byte back. */
    KdNameAddress(atTrap ? walk->Eip : walk->Eip - 1, text, sizeof text, &start);
    ULONG prologue = KdpFramePrologue(start);
    BOOLEAN framed = prologue && walk->Eip - start >= prologue;

    FATHOM_FRAME *frame = KdpEmit(walk, walk->Eip, framed ? walk->Ebp : 0, walk->Flags);
    if (framed || (!start && walk->Ebp)) {
        KdpEmitArguments(frame, walk->Ebp + 8);
        return KdpFollowEbp(walk);
    }
    if (atTrap && prologue && walk->Esp) { /* interrupted inside its prologue */
        UCHAR at; /* before `push ebp` the return address is on top, after it one further
                     down */
        ULONG pushed = KdpRead(start, &at, 1) && at == 0x55 && walk->Eip > start ? 4 : 0;
        ULONG value;
        if (KdpRead(walk->Esp + pushed, &value, 4)) {
            walk->Eip = value;
            walk->Esp += pushed + 4;
            walk->Flags = 0;
            return TRUE;
        }
    }
    /* EBP 0 is how a thread begins: this function has no caller. */
    return walk->Ebp && (KdpScanForCaller(walk, frame, start) || KdpFollowEbp(walk));
}

/* The crossing at a service: sysenter or int 2Eh, then the stub. */
static void KdpEmitStubs(WALK *walk)
{
    UCHAR code[2];
    ULONG returns[2];
    if (!KdpRead(walk->Eip - 2, code, 2) ||
        !((code[0] == 0x0F && code[1] == 0x34) || (code[0] == 0xCD && code[1] == 0x2E)) ||
        !KdpRead(walk->Esp, returns, sizeof returns))
        return;
    KdpEmit(walk, walk->Eip - 2, 0, FATHOM_FRAME_TRAP | FATHOM_FRAME_STUB);
    FATHOM_FRAME *stub = KdpEmit(walk, returns[0], 0, FATHOM_FRAME_STUB);
    KdpEmitArguments(stub, walk->Esp + 8);
    walk->Eip = returns[1];
    walk->Esp += 8;
    walk->Flags = 0;
}

/* Go on at what a trap frame interrupted. */
static void KdpEnterTrap(WALK *walk, const KTRAP_FRAME *trap)
{
    walk->Eip = trap->Eip;
    walk->Ebp = trap->Ebp;
    walk->Flags = FATHOM_FRAME_TRAP;
    walk->Esp = 0;
    if (trap->SegCs & 3) {
        walk->Esp = trap->HardwareEsp;
        KdpEmitStubs(walk);
    }
}

static void KdpWalkOn(WALK *walk)
{
    while (walk->Count < walk->Max && walk->Eip) {
        if (walk->Eip < MM_SYSTEM_RANGE_START) {
            if (!KdpStepUser(walk))
                return;
            continue;
        }
        FATHOM_FRAME *frame = KdpEmit(walk, walk->Eip, walk->Ebp, walk->Flags);
        KTRAP_FRAME trap;
        if (KdpRead(walk->Ebp, &trap, sizeof trap) &&
            trap.DbgArgMark == KTRAP_FRAME_MARK) {
            frame->Frame = 0;
            KdpEnterTrap(walk, &trap);
            continue;
        }
        KdpEmitArguments(frame, walk->Ebp + 8);
        if (!KdpFollowEbp(walk))
            return;
    }
}

ULONG KdCaptureStack(ULONG_PTR eip, ULONG_PTR ebp, FATHOM_FRAME *frames, ULONG max)
{
    WALK walk = {.Eip = eip, .Ebp = ebp, .Out = frames, .Max = max};
    KdpWalkOn(&walk);
    return walk.Count;
}

ULONG KdCaptureTrap(const KTRAP_FRAME *trap, FATHOM_FRAME *frames, ULONG max)
{
    WALK walk = {.Out = frames, .Max = max};
    KdpEnterTrap(&walk, trap);
    KdpWalkOn(&walk);
    return walk.Count;
}

/* Where the image at address lies goes to the host as an 'M' frame: it has the file, and
 * turns addresses of the lines that follow into lines of source.  last: the image before. */
static void KdpSendImage(ULONG_PTR address, KDIMAGE *last)
{
    struct {
        ULONG Base, Size;
        char Name[64];
    } frame;
    if (!KdHostPresent || address >= MM_SYSTEM_RANGE_START ||
        address - last->Base < last->Size || !KdFindImage || !KdFindImage(address, last))
        return;
    frame.Base = last->Base;
    frame.Size = last->Size;
    const SIZE_T length = min(strlen(last->FileName), sizeof frame.Name);
    __builtin_memcpy(frame.Name, last->FileName, length);
    KdHostSend('M', &frame, offsetof(__typeof__(frame), Name) + length);
}

void KdSendImages(const ULONG *words, ULONG count)
{
    KDIMAGE seen[IMAGES_SEEN] = {0};
    for (ULONG i = 0, kept = 0; i < count; i++) {
        ULONG n = 0;
        while (n < IMAGES_SEEN && words[i] - seen[n].Base >= seen[n].Size)
            n++;
        if (n == IMAGES_SEEN && KdFindImage && words[i] >= MM_LOWEST_USER_ADDRESS)
            KdpSendImage(words[i], &seen[kept++ % IMAGES_SEEN]);
    }
}

void KdSendUserStack(const KTRAP_FRAME *trap, KDSTACK *copy)
{
    ULONG length = 0;
    copy->Eip = trap->Eip;
    copy->Esp = trap->HardwareEsp;
    copy->Ebp = trap->Ebp;
    while (length <
           sizeof copy->Bytes) { /* a page at a time, up to one that is not there */
        const ULONG_PTR at = copy->Esp + length;
        const ULONG part =
            min(PAGE_SIZE - at % PAGE_SIZE, (ULONG)sizeof copy->Bytes - length);
        if (!KdpRead(at, copy->Bytes + length, part))
            break;
        length += part;
    }
    KdSendImages(&copy->Eip, (offsetof(KDSTACK, Bytes) + length) / 4);
    KdHostSend('U', copy, offsetof(KDSTACK, Bytes) + length);
}

void KdPrintCallers(const ULONG_PTR *callers, ULONG count, BOOLEAN named)
{
    static char text[160];
    KDIMAGE image = {0};
    for (ULONG i = 0; i < count; i++) {
        text[0] = 0;
        KdpSendImage(callers[i], &image);
        if (named)
            KdNameAddress(callers[i], text, sizeof text, NULL);
        DbgPrint("    %08lX %s\n", callers[i], text);
    }
}

void KdPrintStack(const FATHOM_FRAME *frames, ULONG count)
{
    static char text[160];
    KDIMAGE image = {0};
    for (ULONG i = 0; i < count; i++)
        KdpSendImage(frames[i].Address, &image);
    for (ULONG i = 0; i < count; i++) {
        KdNameAddress(frames[i].Address, text, sizeof text, NULL);
        DbgPrint("  %2lu %08lx %08lx %s%s\n", i, frames[i].Frame, frames[i].Address, text,
                 frames[i].Flags & FATHOM_FRAME_GUESSED ? " (guessed)" : "");
    }
}

/* A thread that runs is shown from its latest entry into the kernel, any other from where
 * it left the processor.  A program may have thousands: the first MOST_THREADS are shown. */
static void KdpPrintThreadStacks(void)
{
    static FATHOM_FRAME frames[FATHOM_MAX_FRAMES];
    ULONG count = 0;
    for (LIST_ENTRY *e = KeAllThreads.Flink; e && e != &KeAllThreads; e = e->Flink) {
        if (count++ >= MOST_THREADS)
            continue;
        PKTHREAD thread = CONTAINING_RECORD(e, KTHREAD, AllListEntry);
        char text[64] = "";
        ULONG_PTR eip, ebp;
        if (KdDescribeThread)
            KdDescribeThread(thread, text, sizeof text);
        DbgPrint("thread %08lX %s\n", (ULONG)thread, text);
        struct _MMSPACE *before = NULL;
        if (thread->Space && KdEnterSpace)
            before = KdEnterSpace(thread->Space);
        if (thread == KeGetCurrentThread() && thread->TrapFrame) {
            KdPrintStack(frames,
                         KdCaptureTrap(thread->TrapFrame, frames, FATHOM_MAX_FRAMES));
        } else if (thread != KeGetCurrentThread()) {
            KeQueryThreadResume(thread, &eip, &ebp);
            KdPrintStack(frames, KdCaptureStack(eip, ebp, frames, FATHOM_MAX_FRAMES));
        }
        if (thread->Space && KdEnterSpace)
            KdEnterSpace(before);
    }
    if (count > MOST_THREADS)
        DbgPrint("and %lu threads more\n", count - MOST_THREADS);
}

void KdSendThreadStacks(void)
{
    const ULONG before = KdSetPrintFrame('T');
    KdpPrintThreadStacks();
    KdSetPrintFrame(before);
}
