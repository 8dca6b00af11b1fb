/* unwind.c - the stack of an allocation, through code that keeps no EBP as well.
 *
 * Our DLLs keep EBP; a stock compiler's -O2 and libstdc++'s operator new do not, so a walk along
 * EBP leaves out the very function that allocated.  Such code brings a table along: .eh_frame,
 * DWARF's call frame information, made for C++ exceptions.  For each instruction it says where
 * the return address lies and where the caller's EBP does:
 *
 *   return address --> image (by the kernel: no lock, no list of modules) --> its .eh_frame
 *     --> the FDE that covers it --> run its program up to the address --> RULE
 *
 * A RULE is kept by its address, since a loop allocates at the same place again.  Code that no
 * FDE covers is taken to keep EBP.  The tables are the program's, so they are read within bounds
 * and a rule that leaves the stack ends the walk.
 *
 * Lock: the caller's, one for all calls.  Windows has no such thing on x86: there, gflags' ust
 * follows EBP and is documented to want frame pointers (/Oy-).
 */
#include "ntdllp.h"

#define REG_ESP      4
#define REG_EBP      5
#define REG_RETURN   8
#define RULES        4096u /* kept; a power of two */
#define MOST_SAVED   8     /* DW_CFA_remember_state within each other */
#define MOST_SECTION 0x10000000u

typedef struct {
    ULONG_PTR Pc;
    LONG CfaOffset;
    LONG EbpOffset;
    UCHAR CfaRegister;                                       /* ESP or EBP */
    UCHAR CfaIsRead;                                         /* it lies at that address */
    enum { EbpStays, EbpByCfa, EbpByEbp, Chain, Ends } Kind; /* of the caller's EBP */
} RULE;

typedef struct {
    ULONG_PTR Eip, Esp, Ebp, Base;
} WALK;

typedef struct {
    const UCHAR *At, *End;
} CURSOR;

/* What a CIE says for all FDEs that name it. */
typedef struct {
    ULONG CodeFactor, Encoding;
    LONG DataFactor;
    BOOLEAN HasSizes; /* of augmentation data */
    CURSOR Program;
} CIE;

static RULE *Rules;

static ULONG Byte(CURSOR *c)
{
    return c->At < c->End ? *c->At++ : 0;
}

static ULONG Fixed(CURSOR *c, ULONG bytes)
{
    ULONG value = 0;
    for (ULONG i = 0; i < bytes; i++)
        value |= Byte(c) << 8 * i;
    return value;
}

static ULONG Leb(CURSOR *c, BOOLEAN isSigned)
{
    ULONG value = 0, shift = 0, byte;
    do {
        byte = Byte(c);
        if (shift < 32)
            value |= (byte & 0x7F) << shift;
        shift += 7;
    } while (byte & 0x80);
    if (isSigned && (byte & 0x40) && shift < 32)
        value |= ~0u << shift;
    return value;
}

static void Pass(CURSOR *c, ULONG bytes)
{
    c->At = bytes < (ULONG)(c->End - c->At) ? c->At + bytes : c->End;
}

/* A pointer as GNU's encodings have it: 4 bytes, absolute or from where it lies. */
static ULONG_PTR Pointer(CURSOR *c, ULONG encoding)
{
    const ULONG_PTR from = (encoding & 0x70) == 0x10 ? (ULONG_PTR)c->At : 0;
    return from + Fixed(c, 4);
}

/* The .eh_frame of the image that pc lies in: the section that begins with a CIE.  Long names of
 * sections are numbers in an image. */
static BOOLEAN FindTable(ULONG_PTR pc, CURSOR *table)
{
    MEMORY_BASIC_INFORMATION about;
    if (!NT_SUCCESS(NtQueryVirtualMemory(NtCurrentProcess(), (PVOID)pc,
                                         MemoryBasicInformation, &about, sizeof about,
                                         NULL)) ||
        about.Type != MEM_IMAGE)
        return FALSE;
    const IMAGE_NT_HEADERS *headers = RtlImageNtHeader(about.AllocationBase);
    const IMAGE_SECTION_HEADER *section = headers ? IMAGE_FIRST_SECTION(headers) : NULL;
    for (ULONG i = 0; headers && i < headers->FileHeader.NumberOfSections;
         i++, section++) {
        const ULONG *words =
            (PVOID)((char *)about.AllocationBase + section->VirtualAddress);
        const ULONG bytes = section->Misc.VirtualSize;
        if ((section->Name[0] == '/' || !memcmp(section->Name, ".eh_fram", 8)) &&
            (section->Characteristics & IMAGE_SCN_MEM_READ) &&
            !(section->Characteristics & IMAGE_SCN_MEM_DISCARDABLE) && bytes > 16 &&
            bytes < MOST_SECTION && words[0] < bytes && words[1] == 0) {
            *table = (CURSOR){(const UCHAR *)words, (const UCHAR *)words + bytes};
            return TRUE;
        }
    }
    return FALSE;
}

static BOOLEAN ReadCie(CURSOR at, CIE *cie)
{
    const ULONG version = Byte(&at);
    const UCHAR *augmentation = at.At;
    while (Byte(&at))
        ;
    *cie = (CIE){.CodeFactor = Leb(&at, FALSE)};
    cie->DataFactor = (LONG)Leb(&at, TRUE);
    const ULONG result = version == 1 ? Byte(&at) : Leb(&at, FALSE);
    if (augmentation[0] == 'z') {
        cie->HasSizes = TRUE;
        const ULONG size = Leb(&at, FALSE);
        CURSOR data = at;
        Pass(&at, size);
        for (const UCHAR *letter = augmentation + 1; *letter; letter++) {
            if (*letter == 'R')
                cie->Encoding = Byte(&data);
            else if (*letter == 'L')
                Byte(&data);
            else if (*letter == 'P')
                Pass(&data, 5);
            else if (*letter != 'S')
                return FALSE;
        }
    } else if (augmentation[0])
        return FALSE;
    cie->Program = at;
    return result == REG_RETURN;
}

/* The entry at *table: a CIE or an FDE after its length; table goes on to the next. */
static CURSOR NextEntry(CURSOR *table)
{
    const ULONG length = Fixed(table, 4);
    CURSOR entry = {table->At, table->At};
    Pass(table, length);
    entry.End = table->At;
    return entry;
}

/* The FDE that covers pc: its CIE, where its code begins, its program.  FALSE: there is none. */
static BOOLEAN FindFde(ULONG_PTR pc, CURSOR table, CIE *cie, ULONG_PTR *begin,
                       CURSOR *program)
{
    const UCHAR *const start = table.At, *known = NULL;
    while (table.At + 8 < table.End) {
        CURSOR entry = NextEntry(&table);
        const UCHAR *id = entry.At;
        const ULONG back = Fixed(&entry, 4); /* from here to the CIE; 0: this is one */
        if (entry.End - id < 12 || back == 0)
            continue;
        if (back > (ULONG)(id - start))
            return FALSE;
        if (known != id - back) {
            CURSOR at = {known = id - back, table.End};
            CURSOR about = NextEntry(&at);
            if (Fixed(&about, 4) != 0 || !ReadCie(about, cie))
                return FALSE;
        }
        *begin = Pointer(&entry, cie->Encoding);
        if (pc - *begin >= Fixed(&entry, 4))
            continue;
        if (cie->HasSizes)
            Pass(&entry, Leb(&entry, FALSE));
        *program = entry;
        return TRUE;
    }
    return FALSE;
}

/* DW_OP_breg4 or 5 with an offset, and DW_OP_deref if read is wanted: all that gcc makes of a
 * stack that it aligns.  FALSE: another expression. */
static BOOLEAN Expression(CURSOR *c, ULONG *reg, LONG *offset, BOOLEAN read)
{
    const ULONG length = Leb(c, FALSE);
    CURSOR block = {c->At, c->At};
    Pass(c, length);
    block.End = c->At;
    *reg = Byte(&block) - 0x70;
    *offset = (LONG)Leb(&block, TRUE);
    return (*reg == REG_ESP || *reg == REG_EBP) && (!read || Byte(&block) == 0x06) &&
           block.At == block.End;
}

static void SetSaved(RULE *rule, ULONG reg, LONG offset)
{
    if (reg == REG_EBP) {
        rule->Kind = EbpByCfa;
        rule->EbpOffset = offset;
    }
}

/* One instruction of the 0x00 to 0x3F; FALSE: a rule that is not known here. */
static BOOLEAN RunExtended(ULONG code, CURSOR *c, const CIE *cie, RULE *rule,
                           const RULE *initial)
{
    ULONG reg;
    switch (code) {
    case 0x00: /* nop */
        return TRUE;
    case 0x05: /* offset_extended */
    case 0x11: /* offset_extended_sf */
        reg = Leb(c, FALSE);
        SetSaved(rule, reg, (LONG)Leb(c, code == 0x11) * cie->DataFactor);
        return TRUE;
    case 0x06: /* restore_extended */
    case 0x08: /* same_value */
        if (Leb(c, FALSE) == REG_EBP)
            rule->Kind = code == 0x08 ? EbpStays : initial->Kind;
        return TRUE;
    case 0x07: /* undefined: of the return address, it ends the stack */
        if (Leb(c, FALSE) == REG_RETURN)
            rule->Kind = Ends;
        return TRUE;
    case 0x0C: /* def_cfa */
    case 0x0D: /* def_cfa_register */
        rule->CfaRegister = (UCHAR)Leb(c, FALSE);
        if (code == 0x0C)
            rule->CfaOffset = (LONG)Leb(c, FALSE);
        rule->CfaIsRead = FALSE;
        return TRUE;
    case 0x0E: /* def_cfa_offset */
        rule->CfaOffset = (LONG)Leb(c, FALSE);
        return TRUE;
    case 0x0F: { /* def_cfa_expression */
        const BOOLEAN known = Expression(c, &reg, &rule->CfaOffset, TRUE);
        rule->CfaRegister = (UCHAR)reg;
        rule->CfaIsRead = TRUE;
        return known;
    }
    case 0x10: { /* expression: where a register is saved */
        const ULONG saved = Leb(c, FALSE);
        LONG offset;
        const BOOLEAN known = Expression(c, &reg, &offset, FALSE);
        if (saved == REG_EBP) {
            rule->Kind = EbpByEbp;
            rule->EbpOffset = offset;
        }
        return saved != REG_EBP || (known && reg == REG_EBP);
    }
    case 0x2E: /* GNU_args_size */
        Leb(c, FALSE);
        return TRUE;
    }
    return FALSE;
}

/* Run a program up to pc; *at: the address that it has come to. */
static BOOLEAN Run(CURSOR c, const CIE *cie, ULONG_PTR pc, ULONG_PTR *at, RULE *rule,
                   const RULE *initial)
{
    RULE saved[MOST_SAVED];
    ULONG depth = 0;
    while (c.At < c.End) {
        const ULONG code = Byte(&c);
        if (code >> 6 == 1 || (code >= 0x02 && code <= 0x04)) { /* advance_loc */
            *at +=
                cie->CodeFactor * (code >> 6 ? code & 0x3F : Fixed(&c, 1u << (code - 2)));
            if (*at > pc)
                return TRUE;
        } else if (code >> 6 == 2) { /* offset */
            SetSaved(rule, code & 0x3F, (LONG)Leb(&c, FALSE) * cie->DataFactor);
        } else if (code >> 6 == 3) { /* restore */
            if ((code & 0x3F) == REG_EBP)
                rule->Kind = initial->Kind;
        } else if (code == 0x0A && depth < MOST_SAVED) { /* remember_state */
            saved[depth++] = *rule;
        } else if (code == 0x0B && depth > 0) { /* restore_state */
            *rule = saved[--depth];
        } else if (!RunExtended(code, &c, cie, rule, initial))
            return FALSE;
    }
    return TRUE;
}

static RULE MakeRule(ULONG_PTR pc)
{
    CURSOR table, program;
    CIE cie;
    ULONG_PTR at = 0, begin;
    RULE rule = {.CfaRegister = REG_ESP, .CfaOffset = 4, .Kind = EbpStays};
    if (!FindTable(pc, &table))
        return (RULE){.Pc = pc, .Kind = Chain};
    BOOLEAN known = FindFde(pc, table, &cie, &begin, &program) &&
                    Run(cie.Program, &cie, pc, &at, &rule, &rule);
    const RULE initial = rule;
    known = known && Run(program, &cie, pc, &begin, &rule, &initial) &&
            (rule.CfaRegister == REG_ESP || rule.CfaRegister == REG_EBP);
    if (!known)
        rule.Kind = Chain;
    rule.Pc = pc;
    return rule;
}

/* The rule of the instruction at pc: a kept one, or made now.  Without memory none is kept. */
static RULE RuleOf(ULONG_PTR pc)
{
    if (!Rules) {
        PVOID base = NULL;
        SIZE_T bytes = RULES * sizeof(RULE);
        if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &bytes,
                                                MEM_RESERVE | MEM_COMMIT,
                                                PAGE_READWRITE)))
            return MakeRule(pc);
        Rules = base;
    }
    RULE *rule = &Rules[(pc ^ pc >> 12) % RULES];
    if (rule->Pc != pc)
        *rule = MakeRule(pc);
    return *rule;
}

/* Whether a word at address lies in what is left of the stack. */
static BOOLEAN OnStack(const WALK *walk, ULONG_PTR address)
{
    return !(address & 3) && address >= walk->Esp && address <= walk->Base - 4;
}

static BOOLEAN FollowEbp(WALK *walk)
{
    const ULONG_PTR *frame = (ULONG_PTR *)walk->Ebp;
    if (!OnStack(walk, walk->Ebp) || !OnStack(walk, walk->Ebp + 4))
        return FALSE;
    walk->Esp = walk->Ebp + 8;
    walk->Eip = frame[1];
    walk->Ebp = frame[0];
    return TRUE;
}

/* From a function to its caller; FALSE: the stack ends, or the rule leaves it. */
static BOOLEAN Step(WALK *walk)
{
    const RULE rule = RuleOf(walk->Eip - 1); /* the call, not what follows it */
    if (rule.Kind == Chain)
        return FollowEbp(walk);
    ULONG_PTR cfa =
        (rule.CfaRegister == REG_ESP ? walk->Esp : walk->Ebp) + (ULONG)rule.CfaOffset;
    if (rule.CfaIsRead)
        cfa = OnStack(walk, cfa) ? *(ULONG_PTR *)cfa : 0;
    if (rule.Kind == Ends || !OnStack(walk, cfa - 4))
        return FALSE;
    if (rule.Kind != EbpStays) {
        const ULONG_PTR saved =
            (rule.Kind == EbpByCfa ? cfa : walk->Ebp) + (ULONG)rule.EbpOffset;
        if (!OnStack(walk, saved))
            return FALSE;
        walk->Ebp = *(ULONG_PTR *)saved;
    }
    walk->Eip = *(ULONG_PTR *)(cfa - 4);
    walk->Esp = cfa;
    return TRUE;
}

__attribute__((noinline)) ULONG RtlpUnwindStack(ULONG Skip, ULONG Count, PVOID *Frames)
{
    WALK walk = {.Ebp = (ULONG_PTR)__builtin_frame_address(0),
                 .Esp = (ULONG_PTR)__builtin_frame_address(0),
                 .Base = (ULONG_PTR)NtTeb()->NtTib.StackBase};
    ULONG found = 0;
    BOOLEAN more = FollowEbp(&walk);
    for (ULONG depth = 0; more && found < Count; depth++) {
        if (walk.Eip < MM_LOWEST_USER_ADDRESS)
            break;
        if (depth >= Skip)
            Frames[found++] = (PVOID)walk.Eip;
        more = Step(&walk);
    }
    return found;
}

/* A walk of another thread at this moment may lose the rest of its stack, no more. */
void RtlpForgetRules(void)
{
    if (Rules)
        RtlZeroMemory(Rules, RULES * sizeof(RULE));
}
