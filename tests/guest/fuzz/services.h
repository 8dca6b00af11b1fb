/* services.h - arguments for services: what each parameter's name asks for, or what hurts.
 *
 * dispatch/calls.h has the rows of include/services.tbl (services[]: number, name, "argument
 * names"; a name that ends in * is a pointer) and a good call of each (rows[]).  A typed
 * argument is one that a program might give: a handle, a size, a pointer to a cell of the
 * arena with a fitting value in it.  A wild one is drawn from the edges of every range.  The
 * arena's pages change protection and come and go while calls are under way, so a good pointer
 * may turn bad at any moment.
 */
#ifndef FUZZ_SERVICES_H
#define FUZZ_SERVICES_H

#pragma GCC diagnostic ignored "-Wunused-function"
#include "dispatch/calls.h"

#define ARENA_PAGES 32u
#define ARENA_SIZE  (ARENA_PAGES * 0x1000u)
#define STEADY_SIZE 0x12000u
#define FIELD       0x20000000u /* where regions and views are asked for */

/* mingw's NtCurrentTeb reads fs:[18h] as an array of no elements, and gcc says so. */
static inline TEB *my_teb(void)
{
    TEB *teb;
    __asm__("movl %%fs:0x18, %0" : "=r"(teb));
    return teb;
}

static void begin_again(void);
static char *arena, *steady; /* steady: never shaken, for structures with pointers */
static HANDLE handles[16];

static ULONG draw(ULONG *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8 ^ *seed << 19;
}
static int one_in(ULONG *seed, ULONG n)
{
    return draw(seed) % n == 0;
}
#define PICK(seed, table) (table)[draw(seed) % (sizeof(table) / sizeof *(table))]

static ULONG wild(ULONG *seed)
{
    static const ULONG edges[] = {
        0,          1,          4,          8,          0x18,       0xFFFF,
        0x10000,    0x7FFDF000, 0x7FFE0000, 0x7FFEFFFF, 0x7FFEFFFC, 0x7FFF0000,
        0x7FFFFFFF, 0x80000000, 0x80100000, 0xA0000000, 0xA8000000, 0xB0000000,
        0xC0000000, 0xC0600000, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFC, 0xFFFFF000,
        0x1000,     0x2000,     0x3000,     0x8000,     0x40,       0x104,
        0x20,       0x7C900000, 0x400000,   0x4000,     0x100000,   0x20000000};
    switch (draw(seed) % 5) {
    case 0:
        return PICK(seed, edges);
    case 1:
        return draw(seed) % 64;
    case 2:
        return 1u << draw(seed) % 32;
    case 3:
        return draw(seed);
    default:
        return (ULONG)arena + draw(seed) % ARENA_SIZE;
    }
}

/* Where services.c puts what it opened. */
static const struct {
    const char *name;
    UCHAR first, count;
} kinds[] = {{"Event", 0, 2},          {"Signal", 0, 4},        {"Wait", 0, 4},
             {"Mutant", 2, 1},         {"Semaphore", 3, 1},     {"Section", 9, 3},
             {"Timer", 5, 1},          {"File", 6, 3},          {"Thread", 15, 1},
             {"Source", 0, 16},        {"Handle", 0, 16},       {"Process", 14, 1},
             {"SourceProcess", 14, 1}, {"TargetProcess", 14, 1}};
#define IS(text) (length == strlen(text) && !memcmp(name, text, length))

static ULONG handle(ULONG *seed, const char *name, ULONG length)
{
    switch (draw(seed) % 16) {
    case 0:
        return draw(seed) % 128 * 4;
    case 1:
        return wild(seed);
    case 2:
    case 3:
        return (ULONG)PICK(seed, handles);
    }
    if (length > 6 && !memcmp(name + length - 7, "Process", 7) && one_in(seed, 2))
        return ~0u;
    if (IS("Thread") && one_in(seed, 2))
        return ~1u;
    for (ULONG i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (IS(kinds[i].name))
            return (ULONG)handles[kinds[i].first + draw(seed) % kinds[i].count];
    return 0;
}

static ULONG size(ULONG *seed)
{
    static const ULONG sizes[] = {
        0,  1,  4,  8,  12,    16,     20,     24,      28,         32,  40,        44,
        48, 56, 64, 72, 0x100, 0x1000, 0x1001, 0x10000, 0x7FFFFFFF, ~0u, 0xFFFFF000};
    return one_in(seed, 4)   ? draw(seed) % 0x400
           : one_in(seed, 2) ? PICK(seed, sizes)
                             : sizes[draw(seed) % 8];
}

/* ---- structures that hold pointers: made in the steady part ---- */

/* What costs a matcher most, and what a recursion of it would: runs of one character, stars
 * with a letter between, any mixture.  length characters into text. */
static void pattern(ULONG *seed, WCHAR *text, ULONG length)
{
    static const WCHAR characters[] = L"*?<>\".ab";
    const WCHAR one = characters[draw(seed) % 6];
    const ULONG kind = draw(seed) % 4, stars = 1 + draw(seed) % 12;
    for (ULONG i = 0; i < length; i++)
        text[i] = kind == 0                    ? one
                  : kind == 1 && i < 2 * stars ? L"*a"[i % 2]
                  : kind == 1                  ? L'b'
                                               : characters[draw(seed) % 8];
    if (kind == 1 && length > 2 * stars + 1)
        text[2 * stars + 1] = 0; /* a short one, against a long name */
}

/* \??\C:\d\d\d ...: length characters into text. */
static void deep_path(WCHAR *text, ULONG length)
{
    static const WCHAR drive[] = L"\\??\\C:";
    for (ULONG i = 0; i < length; i++)
        text[i] = i < 6 ? drive[i] : L"\\d"[i % 2];
}

static UNICODE_STRING *some_name(ULONG *seed)
{
    static WCHAR names[][24] = {L"\\BaseNamedObjects\\a",
                                L"b",
                                L"\\BaseNamedObjects\\s",
                                L"\\??\\C:\\fuzz.tmp",
                                L"\\??\\C:\\hello.exe",
                                L"\\??\\C:\\",
                                L"",
                                L"\\??\\CONOUT$",
                                L"\\??\\pipe\\f0",
                                L"\\Device\\NamedPipe\\",
                                L"\\??\\C:\\no\\such"};
    static WCHAR made[4][512];
    UNICODE_STRING *s = (UNICODE_STRING *)(steady + draw(seed) % 64 * 16);
    s->Buffer = PICK(seed, names);
    if (one_in(seed, 4)) {
        const ULONG length = draw(seed) % 511;
        s->Buffer = PICK(seed, made);
        memset(s->Buffer, 0, sizeof made[0]);
        if (one_in(seed, 2))
            pattern(seed, s->Buffer, length);
        else
            deep_path(s->Buffer, length);
    }
    s->Length = s->MaximumLength = wcslen(s->Buffer) * 2;
    if (one_in(seed, 16))
        s->Length = draw(seed);
    if (one_in(seed, 16))
        s->Buffer = (WCHAR *)wild(seed);
    return s;
}

static ULONG some_attributes(ULONG *seed)
{
    OBJECT_ATTRIBUTES *a = (OBJECT_ATTRIBUTES *)(steady + 0x400 + draw(seed) % 16 * 32);
    if (one_in(seed, 4))
        return 0;
    *a = (OBJECT_ATTRIBUTES){.Length = sizeof *a};
    a->ObjectName = one_in(seed, 8) ? (UNICODE_STRING *)wild(seed) : some_name(seed);
    a->Attributes = one_in(seed, 4) ? draw(seed) : 0x40;
    a->RootDirectory = one_in(seed, 16) ? (HANDLE)wild(seed) : NULL;
    return (ULONG)a;
}

/* PS_ATTRIBUTE_LIST with an image's name; RTL_USER_PROCESS_PARAMETERS not normalised. */
static ULONG attribute_list(ULONG *seed)
{
    static WCHAR image[] = L"\\??\\C:\\hello.exe";
    ULONG *list = (ULONG *)(steady + 0x800);
    list[0] = 4 + 16;
    list[1] = 0x20005;
    list[2] = sizeof image - 2;
    list[3] = (ULONG)image;
    list[4] = 0;
    if (one_in(seed, 4))
        list[draw(seed) % 5] = wild(seed);
    return (ULONG)list;
}
static ULONG parameters(ULONG *seed)
{
    ULONG *p = (ULONG *)(steady + 0x900);
    memcpy(p, my_teb()->ProcessEnvironmentBlock->ProcessParameters, 0x298);
    if (one_in(seed, 2))
        p[draw(seed) % (0x298 / 4)] = wild(seed);
    return (ULONG)p;
}

static ULONG context(ULONG *seed)
{
    CONTEXT *c = (CONTEXT *)(steady + 0x1000 + draw(seed) % 2 * 0x400);
    ULONG *words = (ULONG *)c;
    memset(c, 0, sizeof *c);
    c->Eip = (ULONG)begin_again;
    c->Esp = (ULONG)steady + STEADY_SIZE - 0x800 * (1 + draw(seed) % 8); /* a stack */
    c->SegCs = 0x1B;
    c->SegDs = c->SegEs = c->SegSs = 0x23;
    c->SegFs = 0x3B;
    c->EFlags = 0x202;
    c->ContextFlags = one_in(seed, 2) ? 0x1003F : draw(seed);
    for (ULONG n = draw(seed) % 4; n; n--)
        words[1 + draw(seed) % (sizeof *c / 4 - 1)] = wild(seed);
    return (ULONG)c;
}

static ULONG record(ULONG *seed)
{
    EXCEPTION_RECORD *r = (EXCEPTION_RECORD *)(steady + 0x1800);
    *r = (EXCEPTION_RECORD){.ExceptionCode = wild(seed)};
    r->NumberParameters = one_in(seed, 4) ? draw(seed) : draw(seed) % 16;
    r->ExceptionRecord = one_in(seed, 4) ? (void *)wild(seed) : NULL;
    return (ULONG)r;
}

/* ---- by name ---- */

/* A cell of the arena with a value that fits the name; on a shaken page it may fault. */
static ULONG cell(ULONG *seed, const char *name, ULONG length)
{
    ULONG *at = (ULONG *)(arena + (draw(seed) % (ARENA_SIZE - 64) & ~3u));
    ULONG first, second = 0;
    if (IS("Timeout*") || IS("Interval*") || IS("DueTime*")) {
        at = (ULONG *)(steady + 0x1C00 + draw(seed) % 16 * 8); /* or it waits for ever */
        first = one_in(seed, 8) ? (ULONG) - (LONG)(draw(seed) % 20000) : 0;
        second = first ? ~0u : 0;
    } else if (IS("Base*")) {
        first = one_in(seed, 3) ? 0 : FIELD + draw(seed) % 32 * 0x8000;
    } else if (IS("Size*") || IS("ViewSize*") || IS("MaximumSize*")) {
        first = one_in(seed, 8) ? size(seed) : one_in(seed, 4) ? 0 : draw(seed) % 0x20000;
        second = one_in(seed, 16);
    } else if (IS("Offset*") && !one_in(seed, 4)) { /* of a view or a file */
        first = draw(seed) % 256 << 16;
        second = one_in(seed, 8);
    } else if (IS("Handles*")) {
        first = (ULONG)PICK(seed, handles);
        second = one_in(seed, 2) ? handle(seed, "Wait", 4) : wild(seed);
    } else if (IS("ClientId*")) {
        first = one_in(seed, 2) ? GetCurrentProcessId() : 0x10000 | draw(seed);
        second = one_in(seed, 2) ? 0 : GetCurrentThreadId();
    } else {
        first = wild(seed);
        second = one_in(seed, 2) ? 0 : wild(seed);
    }
    if (at >= (ULONG *)steady && at < (ULONG *)(steady + STEADY_SIZE))
        at[0] = first, at[1] = second;
    else /* survives a page that is not there */
        WriteProcessMemory(GetCurrentProcess(), at, (ULONG[]){first, second}, 8, NULL);
    return (ULONG)at + (one_in(seed, 16) ? draw(seed) % 8 : 0);
}

static ULONG pointer(ULONG *seed, const char *name, ULONG length)
{
    if (IS("Attributes*") || IS("ProcessAttributes*") || IS("ThreadAttributes*"))
        return some_attributes(seed);
    if (IS("AttributeList*"))
        return one_in(seed, 4) ? 0 : attribute_list(seed);
    if (IS("Parameters*"))
        return parameters(seed);
    if (IS("Context*"))
        return context(seed);
    if (IS("Record*"))
        return record(seed);
    if (IS("String*") || IS("Name*"))
        return one_in(seed, 3) ? 0 : (ULONG)some_name(seed);
    return cell(seed, name, length);
}

/* Parameters that are nothing most of the time. */
static int is_optional(const char *name, ULONG length)
{
    static const char *const names[] = {"Ea*",        "EaLength",   "AllocationSize*",
                                        "Apc",        "File*",      "ZeroBits",
                                        "ApcContext", "Offset*",    "Key*",
                                        "Alertable",  "CommitSize", "Restart"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (IS(names[i]))
            return 1;
    return 0;
}

/* FSCTL_PIPE_*: disconnect, peek, transceive, wait, whose an end is; to listen may last. */
static const ULONG pipe_codes[] = {0x110004, FSCTL_PIPE_PEEK, 0x11C017,
                                   0x110018, 0x110028,        0x110030};

static ULONG typed(ULONG *seed, const char *service, const char *name, ULONG length)
{
    static const ULONG accesses[] = {0,          0x1F0003,   0x1F03FF,
                                     0x80000000, 0xC0000000, 0x10000000,
                                     0x02000000, 0x120089,   ~0u};
    static const ULONG protects[] = {4, 2, 1, 0x10, 0x20, 0x40, 8, 0x80, 0x104, 0x204, 3};
    static const ULONG types[] = {0x1000,  0x2000,   0x3000,   0x3000,
                                  0x80000, 0x102000, 0x203000, 0x1000000};
    if (is_optional(name, length) && !one_in(seed, 8))
        return 0;
    if (name[length - 1] == '*')
        return pointer(seed, name, length);
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (IS(kinds[i].name))
            return handle(seed, name, length);
    if (IS("Inherit"))
        return 1 + draw(seed) % 2;
    if (IS("Access") || IS("ProcessAccess") || IS("ThreadAccess"))
        return PICK(seed, accesses);
    if (IS("Protect"))
        return PICK(seed, protects);
    if (IS("Type") && !strncmp(service, "NtAllocate", 10))
        return PICK(seed, types);
    if (IS("Type"))
        return !strncmp(service, "NtFree", 6) ? 0x4000u << draw(seed) % 2
               : one_in(seed, 8)              ? wild(seed)
                                              : draw(seed) % 2;
    if (IS("Code"))
        return one_in(seed, 2) ? PICK(seed, pipe_codes) : IOCTL_CONSOLE_GET_MODE;
    if (IS("AllocationAttributes"))
        return one_in(seed, 4) ? draw(seed) : 0x8000000u >> draw(seed) % 4;
    if (IS("Class") || IS("Count") || IS("Disposition"))
        return draw(seed) % (one_in(seed, 3) ? 40 : one_in(seed, 2) ? 6 : 2);
    if (IS("Size") || IS("Length") || IS("InLength") || IS("OutLength"))
        return size(seed);
    if (IS("Base") || IS("Address") || IS("Buffer"))
        return one_in(seed, 2) ? FIELD + draw(seed) % 0x100000
                               : (ULONG)arena + draw(seed) % ARENA_SIZE;
    return draw(seed) % (1u << draw(seed) % 8);
#undef IS
}

/* A good call of calls.h with up to three of its arguments changed. */
static void good_arguments(ULONG *seed, const ROW *row, const char *service,
                           const char *names, ULONG *a)
{
    ULONG changes = draw(seed) % 4;
    memcpy(a, row->a, sizeof row->a);
    for (ULONG count = strlen(row->arguments) - 1; changes && count; changes--) {
        const ULONG which = draw(seed) % count;
        const char *at = names;
        for (ULONG i = 0; i < which; i++)
            at += strcspn(at, " ") + 1;
        a[which] =
            one_in(seed, 3) ? wild(seed) : typed(seed, service, at, strcspn(at, " "));
    }
}

/* Fills a[MOST]: half of the calls wholly typed, a quarter wholly wild, else a mixture. */
static void arguments_of(ULONG *seed, const char *service, const char *names, ULONG *a)
{
    const char *at = names;
    ULONG kind = draw(seed) % 4;
    for (int i = 0; i < MOST; i++) {
        ULONG length = strcspn(at, " ");
        int waits = length > 4 && (!memcmp(at, "Time", 4) || !memcmp(at, "Inter", 5));
        int is_wild = kind == 0 || (kind == 1 && one_in(seed, 4));
        if (waits) /* not for ever, most of the time */
            is_wild = one_in(seed, 256);
        a[i] = !length || is_wild ? wild(seed) : typed(seed, service, at, length);
        at += length + (at[length] == ' ');
    }
}

#endif
