/* recorder.c - a QEMU plugin that writes down every instruction: registers and changed memory.
 *
 * QEMU runs one instruction a translation block (`one-insn-per-tb`) and logs the processor's
 * registers before each (`log cpu,fpu,nochain`) into a pipe.  The log is written before the block
 * runs, and the block begins with a call of Executed, so both are of the same instruction:
 *
 *      QEMU's log --pipe--> Executed:  registers before instruction n
 *      guest RAM  --file--> Changed:   bytes that differ from Shadow, where n - 1 has been
 *                              |
 *                              +--> block of records --pipe--> record.py
 *
 * The x87 and SSE registers are recorded as memory after the last byte of RAM, as FXSAVE lays
 * them out: Shadow has a page more than Ram for them.
 *
 * Where has an instruction been?  Its stores (Accessed), the page table entries of its loads,
 * stores and its own bytes (the processor sets accessed and dirty bits), and the top of the
 * stack (an interrupt pushes a frame).  What is compared is the memory itself, so that a place
 * looked at too often costs time and nothing else.  At the end all memory is compared with
 * Shadow: Control->Missed counts bytes that changed anywhere else.
 *
 * The functions of the plugin interface are declared here: Debian has no package with the header.
 * They are the same in its version 1 (QEMU to 8.2) and 2 (9.0 on).  docs/recording.md has the
 * format.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- QEMU's interface ---- */
#define VISIBLE __attribute__((visibility("default")))
typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;
typedef void (*TRANSLATED)(qemu_plugin_id_t, struct qemu_plugin_tb *);
typedef void (*EXECUTED)(unsigned, void *);
typedef void (*ACCESSED)(unsigned, qemu_plugin_meminfo_t, uint64_t, void *);
typedef void (*ENDED)(qemu_plugin_id_t, void *);
VISIBLE int qemu_plugin_version = 1;
extern int qemu_plugin_num_vcpus(void) __attribute__((weak)); /* of version 2 on */
__attribute__((constructor)) static void ChooseVersion(void)  /* before QEMU asks */
{
    qemu_plugin_version += qemu_plugin_num_vcpus != NULL;
}
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, TRANSLATED);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, EXECUTED, int,
                                            void *);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *, ACCESSED, int, int,
                                      void *);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, ENDED, void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(qemu_plugin_meminfo_t, uint64_t);
bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *);
unsigned qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t);
bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t);
enum { NO_REGISTERS = 0, READS_AND_WRITES = 3 };

/* ---- what record.py and we share: a page of memory ---- */
typedef struct {
    uint32_t Active;       /* record.py: the log is on, begin */
    uint32_t Done;         /* ours: the last block is in the pipe */
    uint32_t Begun, Saved; /* ours: Shadow is the start image; record.py: go on */
    uint32_t StartEip, StartEsp;
    uint32_t StopEip,
        StopEsp; /* end before StopEip, ESP at least so much; if not 0: in that process */
    uint64_t Most;          /* end after so many instructions */
    uint64_t Steps, Missed; /* ours */
    uint64_t MissedAt;      /* the first such byte */
} CONTROL;

enum { EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI, EIP, EFL, CS, SS, DS, ES, FS, GS };
enum { CR0 = 16, CR2, CR3, CR4, REGISTERS };
static const char *const Names[REGISTERS] = {
    "EAX=", "ECX=", "EDX=", "EBX=", "ESP=", "EBP=", "ESI=", "EDI=", "EIP=", "EFL=",
    "CS =", "SS =", "DS =", "ES =", "FS =", "GS =", "CR0=", "CR2=", "CR3=", "CR4="};

#define FXSAVE_BYTES 288u /* through XMM7; what follows is reserved */

static volatile CONTROL *Control;
static uint8_t *Ram, *Shadow, Floating[FXSAVE_BYTES];
static uint64_t RamBytes;
static uint32_t StartCr3; /* another process may come to StopEip with the same stack */
static int Log = -1, Out = -1;

/* ---- the places of one instruction ---- */
#define PLACES 2048
static struct {
    uint32_t Address; /* physical, if Bytes; else virtual: its page table entries */
    uint32_t Bytes;
} Places[PLACES];
static unsigned PlaceCount;

static void AddPlace(uint32_t address, uint32_t bytes)
{
    if (PlaceCount < PLACES) {
        Places[PlaceCount].Address = address;
        Places[PlaceCount++].Bytes = bytes;
    }
}

static void Accessed(unsigned cpu, qemu_plugin_meminfo_t info, uint64_t address, void *pc)
{
    (void)cpu, (void)pc;
    if (!Control->Begun || Control->Done)
        return;
    const uint32_t bytes = 1u << qemu_plugin_mem_size_shift(info);
    AddPlace((uint32_t)address, 0);
    if ((address & 0xFFF) + bytes > 0x1000)
        AddPlace((uint32_t)address + bytes - 1, 0);
    if (!qemu_plugin_mem_is_store(info))
        return;
    const struct qemu_plugin_hwaddr *where = qemu_plugin_get_hwaddr(info, address);
    if (where && !qemu_plugin_hwaddr_is_io(where))
        AddPlace((uint32_t)qemu_plugin_hwaddr_phys_addr(where), bytes);
}

/* ---- a block of records, on its way to record.py ---- */
#define BLOCK_STEPS 4096
#define BLOCK_BYTES (1u << 20)
#define STEP_MOST   (PLACES * 24u)
static uint8_t Block[BLOCK_BYTES + STEP_MOST], *BlockEnd = Block;
static uint32_t BlockSteps, KeyFrame[REGISTERS];

static void WriteAll(const void *data, size_t bytes)
{
    for (const uint8_t *at = data; bytes;) {
        const ssize_t done = write(Out, at, bytes);
        if (done <= 0)
            _exit(1); /* record.py has gone */
        at += done;
        bytes -= (size_t)done;
    }
}

static void SendBlock(void)
{
    if (!BlockSteps)
        return;
    const uint32_t head[2] = {BlockSteps, (uint32_t)(BlockEnd - Block)};
    WriteAll(head, sizeof head);
    WriteAll(KeyFrame, sizeof KeyFrame);
    WriteAll(Block, head[1]);
    BlockEnd = Block;
    BlockSteps = 0;
}

static void Put(uint32_t value) /* seven bits a byte, the low ones first */
{
    for (; value >= 0x80; value >>= 7)
        *BlockEnd++ = (uint8_t)(value | 0x80);
    *BlockEnd++ = (uint8_t)value;
}

/* ---- memory: what differs from Shadow ---- */
static uint8_t *Writes; /* where this step's count of writes is */

static void PutWrite(uint32_t address, const uint8_t *now, uint32_t bytes)
{
    Put(address);
    *BlockEnd++ = (uint8_t)bytes;
    for (uint32_t i = 0; i < bytes; i++) {
        *BlockEnd++ = now[i] ^ Shadow[address + i];
        Shadow[address + i] = now[i];
    }
    Writes[0]++;
    if (!Writes[0])
        Writes[1]++;
}

/* At most 64 bytes: one write, from the first to the last that differs. */
static void Compare(uint32_t address, const uint8_t *now, uint32_t bytes)
{
    if (!memcmp(now, Shadow + address, bytes))
        return;
    while (*now == Shadow[address])
        address++, now++, bytes--;
    while (now[bytes - 1] == Shadow[address + bytes - 1])
        bytes--;
    PutWrite(address, now, bytes);
}

/* At most 64 bytes at a physical address. */
static void Changed(uint32_t address, uint32_t bytes)
{
    if (address + bytes <= RamBytes)
        Compare(address, Ram + address, bytes);
}

static bool FloatingNew; /* since the last step */

static void PutFloating(void)
{
    for (uint32_t at = 0; FloatingNew && at < FXSAVE_BYTES; at += 16)
        Compare((uint32_t)RamBytes + at, Floating + at, 16);
    FloatingNew = false;
}

static uint64_t Entry(uint32_t address)
{
    uint64_t entry = 0;
    if (address + 8 <= RamBytes)
        memcpy(&entry, Ram + address, 8);
    return entry;
}

/* The PAE entries of a virtual address are compared; its physical one, or 0. */
static uint32_t Walk(uint32_t cr3, uint32_t address)
{
    const uint32_t pointer = (cr3 & ~31u) + (address >> 30) * 8;
    Changed(pointer, 8); /* QEMU sets an accessed bit in it as well */
    const uint64_t top = Entry(pointer);
    const uint32_t directory = ((uint32_t)top & ~0xFFFu) + ((address >> 21) & 511) * 8;
    if (!(top & 1))
        return 0;
    Changed(directory, 8);
    const uint64_t middle = Entry(directory);
    if (!(middle & 1))
        return 0;
    if (middle & 0x80)
        return ((uint32_t)middle & ~0x1FFFFFu) | (address & 0x1FFFFF);
    const uint32_t table = ((uint32_t)middle & ~0xFFFu) + ((address >> 12) & 511) * 8;
    Changed(table, 8);
    const uint64_t low = Entry(table);
    return low & 1 && !(low >> 32 & 0x7FFFFFFF)
               ? ((uint32_t)low & ~0xFFFu) | (address & 0xFFF)
               : 0;
}

#define PAGING(r) ((r)[CR0] >> 31 && (r)[CR4] & 0x20)
#define FRAME     64u /* bytes at the top of the stack: an interrupt pushes at most 24 */

static void PutWrites(const uint32_t *before, const uint32_t *now)
{
    Writes = BlockEnd;
    *BlockEnd++ = 0;
    *BlockEnd++ = 0;
    for (unsigned i = 0; i < PlaceCount; i++) {
        if (Places[i].Bytes)
            Changed(Places[i].Address, Places[i].Bytes);
        else if (PAGING(before))
            Walk(before[CR3], Places[i].Address);
    }
    PlaceCount = 0;
    PutFloating();
    if (!PAGING(now))
        return;
    Walk(now[CR3], now[EIP]);
    Walk(now[CR3], now[EIP] + 14);
    for (uint32_t at = now[ESP], end = at + FRAME, part; at < end; at += part) {
        part = 0x1000 - (at & 0xFFF) < end - at ? 0x1000 - (at & 0xFFF) : end - at;
        const uint32_t physical = Walk(now[CR3], at);
        if (physical)
            Changed(physical, part);
    }
}

/* ---- registers, out of QEMU's log ---- */
static uint32_t Last[REGISTERS];
static char Text[1 << 20];

static uint64_t Hex64(const char *at)
{
    uint64_t value = 0;
    for (unsigned digit;; at++) {
        if (*at >= '0' && *at <= '9')
            digit = (unsigned)*at - '0';
        else if (*at >= 'a' && *at <= 'f')
            digit = (unsigned)*at - 'a' + 10;
        else
            return value;
        value = value << 4 | digit;
    }
}

static uint32_t Hex(const char *at)
{
    return (uint32_t)Hex64(at);
}

/* A register of the log: two numbers after "NAME=", the first of 16 digits. */
static void ReadPair(const char *text, const char *name, uint64_t *first,
                     uint64_t *second)
{
    const char *at = strstr(text, name);
    if (!at)
        return;
    at = strchr(at, '=') + 1;
    *first = Hex64(at);
    *second = Hex64(at + 17);
}

/* The log names the x87 registers by their place, FXSAVE by their distance from the top. */
static void ReadFloating(const char *text, size_t length)
{
    static char last[4096];
    if (length >= sizeof last || !memcmp(last, text, length + 1))
        return;
    memcpy(last, text, length + 1);
    FloatingNew = true;
    const uint32_t control = Hex(text + 4), status = Hex(strstr(text, "FSW=") + 4);
    const uint32_t tags = Hex(strstr(text, "FTW=") + 4),
                   mxcsr = Hex(strstr(text, "MXCSR=") + 6);
    memcpy(Floating, (uint16_t[2]){(uint16_t)control, (uint16_t)status}, 4);
    Floating[4] = (uint8_t)tags;
    memcpy(Floating + 24, &mxcsr, 4);
    for (unsigned i = 0; i < 8; i++) {
        char name[8];
        uint64_t low = 0, high = 0;
        snprintf(name, sizeof name, "FPR%u=", i);
        ReadPair(text, name, &low, &high);
        uint8_t *at = Floating + 32 + 16 * ((i - (status >> 11)) & 7);
        memcpy(at, &low, 8);
        memcpy(at + 8, &high, 2);
        snprintf(name, sizeof name, "MM%02u=", i); /* XMM, or the low half of a YMM */
        ReadPair(text, name, &high, &low);
        memcpy(Floating + 160 + 16 * i, &low, 8);
        memcpy(Floating + 168 + 16 * i, &high, 8);
    }
}

/* The last whole state in the log: a block that was begun and left at once is logged twice. */
static bool ReadRegisters(uint32_t *now)
{
    const ssize_t bytes = read(Log, Text, sizeof Text - 1);
    if (bytes <= 0)
        return false;
    Text[bytes] = 0;
    char *at = NULL;
    for (char *next = Text; (next = strstr(next, "EAX=")) != NULL; next++)
        at = next;
    /* In the order of the log, so that each is searched from where the last was found. */
    static const uint8_t order[REGISTERS] = {EAX, EBX, ECX, EDX, ESI, EDI, EBP,
                                             ESP, EIP, EFL, ES,  CS,  SS,  DS,
                                             FS,  GS,  CR0, CR2, CR3, CR4};
    for (unsigned i = 0; at && i < REGISTERS; i++) {
        at = strstr(at, Names[order[i]]);
        if (at)
            now[order[i]] = Hex(at += 4);
    }
    const char *floating = at ? strstr(at, "FCW=") : NULL;
    if (floating)
        ReadFloating(floating, strlen(floating));
    return floating != NULL;
}

static void PutRegisters(const uint32_t *now)
{
    uint8_t *mask = BlockEnd;
    BlockEnd += 3;
    memset(mask, 0, 3);
    for (unsigned i = 0; i < REGISTERS; i++) {
        const int32_t change = (int32_t)(now[i] - Last[i]);
        if (!change)
            continue;
        mask[i / 8] |= (uint8_t)(1u << i % 8);
        Put((uint32_t)change << 1 ^ (uint32_t)(change >> 31)); /* small both ways */
    }
}

/* ---- one step ---- */
static void Finish(void)
{
    SendBlock();
    for (uint64_t at = 0; at < RamBytes; at++)
        if (Ram[at] != Shadow[at] && !Control->Missed++)
            Control->MissedAt = at;
    Control->Done = 1;
    close(Out);
}

static void PutStep(const uint32_t *now)
{
    if (!BlockSteps)
        memcpy(KeyFrame, Last, sizeof KeyFrame);
    PutRegisters(now);
    PutWrites(Last, now);
    memcpy(Last, now, sizeof Last);
    BlockSteps++;
    Control->Steps++;
    if (BlockSteps == BLOCK_STEPS || BlockEnd >= Block + BLOCK_BYTES)
        SendBlock();
}

/* A tick that was due while the machine was halted comes before the first instruction: it is no
 * part of the stretch.  record.py saves the start image while we wait. */
static bool Begin(const uint32_t *now)
{
    if (now[EIP] != Control->StartEip || now[ESP] != Control->StartEsp)
        return false;
    memcpy(Shadow, Ram, RamBytes);
    memcpy(Shadow + RamBytes, Floating, FXSAVE_BYTES);
    memcpy(Last, now, sizeof Last);
    StartCr3 = now[CR3];
    PlaceCount = 0;
    Control->Begun = 1;
    while (!Control->Saved)
        usleep(1000);
    return true;
}

static void Executed(unsigned cpu, void *pc)
{
    uint32_t now[REGISTERS];
    (void)cpu;
    if (!Control->Active || Control->Done || !ReadRegisters(now))
        return;
    if (now[EIP] != (uint32_t)(uintptr_t)pc)
        return;
    if (!Control->Begun && !Begin(now))
        return;
    PutStep(now);
    const bool there = now[EIP] == Control->StopEip && now[ESP] >= Control->StopEsp &&
                       (!Control->StopEsp || now[CR3] == StartCr3);
    if ((there && Control->Steps > 1) || Control->Steps >= Control->Most)
        Finish();
}

static void Translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *one = qemu_plugin_tb_get_insn(block, i);
        void *pc = (void *)(uintptr_t)(uint32_t)qemu_plugin_insn_vaddr(one);
        qemu_plugin_register_vcpu_insn_exec_cb(one, Executed, NO_REGISTERS, pc);
        qemu_plugin_register_vcpu_mem_cb(one, Accessed, NO_REGISTERS, READS_AND_WRITES,
                                         pc);
    }
}

static void Ended(qemu_plugin_id_t id, void *context)
{
    (void)id, (void)context;
    if (Control->Steps && !Control->Done)
        Finish();
}

/* ---- memory=FILE shadow=FILE control=FILE log=FIFO out=FIFO ---- */
static void *Map(const char *path, uint64_t *bytes)
{
    struct stat facts;
    const int file = open(path, O_RDWR);
    if (file < 0 || fstat(file, &facts))
        return NULL;
    void *at =
        mmap(NULL, (size_t)facts.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    *bytes = (uint64_t)facts.st_size;
    return at == MAP_FAILED ? NULL : at;
}

VISIBLE int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int count,
                                char **words)
{
    uint64_t bytes;
    (void)info;
    for (int i = 0; i < count; i++) {
        const char *value = strchr(words[i], '=') + 1;
        if (!strncmp(words[i], "memory=", 7))
            Ram = Map(value, &RamBytes);
        else if (!strncmp(words[i], "shadow=", 7))
            Shadow = Map(value, &bytes);
        else if (!strncmp(words[i], "control=", 8))
            Control = Map(value, &bytes);
        else if (!strncmp(words[i], "log=", 4))
            Log = open(value, O_RDONLY | O_NONBLOCK);
        else if (!strncmp(words[i], "out=", 4))
            Out = open(value, O_WRONLY);
    }
    if (!Ram || !Shadow || !Control || Log < 0 || Out < 0)
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, Translated);
    qemu_plugin_register_atexit_cb(id, Ended, NULL);
    return 0;
}
