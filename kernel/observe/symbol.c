/* symbol.c - module and symbol from an address.
 *
 * The idea: a name is evidence only if the program being watched could not have written
 * it. So names of user code come from the PE file as it lies in the boot archive
 * (KDIMAGE.File), never from the mapped image: first its COFF symbol table, which the
 * stock linker leaves in an unstripped .exe, then its export directory.  The kernel's own
 * names come from the table that the second link put into .ksym.  Files are not trusted:
 * every offset is checked.
 *
 *   nt!PageAlloc+12      the kernel, called nt as WinDbg does
 *   ntdll!RtlAllocateHeap+4c
 *   walk!_Znwj+18        names stay mangled here; who prints may demangle
 *
 * A search is linear in the symbols of one image, and a walk of a stack asks for the same few
 * hundred addresses again and again: KdpKnown remembers what was found, or that nothing was.  A
 * file is a part of the boot archive, which stays as it is, so what is known stays true.  Lock:
 * none, the kernel is not preempted.
 * WinDbg: `ln ADDRESS`.
 */
#include "observe/observe.h"

extern const struct {
    ULONG Count;
    struct {
        ULONG Address, Name;
    } Entry[];
} KdKernelSymbols;

BOOLEAN (*KdFindImage)(ULONG_PTR address, KDIMAGE *image);

typedef struct {
    ULONG Rva;        /* of the best symbol so far */
    const char *Name; /* not necessarily NUL-ended ... */
    ULONG Length;     /* ... so its length */
} BEST;

#define KNOWN 1024u
static struct {
    const UCHAR *File; /* of the image, in the boot archive; NULL: not yet used */
    ULONG Rva;         /* that was asked for */
    BEST Best;
} KdpKnown[KNOWN];

ULONG KdTextLength(const char *text, SIZE_T limit)
{
    ULONG length = 0;
    while (length < limit && text[length])
        length++;
    return length;
}

/* The bytes [offset, offset+size) of the file, or NULL. */
static const void *KdpFileAt(const KDIMAGE *image, ULONGLONG offset, ULONGLONG size)
{
    return offset + size <= image->FileSize ? image->File + offset : NULL;
}

static const IMAGE_NT_HEADERS32 *KdpHeaders(const KDIMAGE *image)
{
    const IMAGE_DOS_HEADER *dos = KdpFileAt(image, 0, sizeof *dos);
    if (!dos || dos->e_magic != IMAGE_DOS_SIGNATURE || dos->e_lfanew < 0)
        return NULL;
    const IMAGE_NT_HEADERS32 *nt = KdpFileAt(image, (ULONG)dos->e_lfanew, sizeof *nt);
    return nt && nt->Signature == IMAGE_NT_SIGNATURE ? nt : NULL;
}

static const IMAGE_SECTION_HEADER *KdpSection(const KDIMAGE *image, ULONG index)
{
    const IMAGE_NT_HEADERS32 *nt = KdpHeaders(image);
    if (!nt || index >= nt->FileHeader.NumberOfSections)
        return NULL;
    const UCHAR *first =
        (const UCHAR *)&nt->OptionalHeader + nt->FileHeader.SizeOfOptionalHeader;
    return KdpFileAt(
        image, first - image->File + (ULONGLONG)index * sizeof(IMAGE_SECTION_HEADER),
        sizeof(IMAGE_SECTION_HEADER));
}

/* The size bytes of the file at a relative virtual address, or NULL.  A size is a product of the
 * file's own numbers: 64 bits, or it wraps. */
static const void *KdpRvaAt(const KDIMAGE *image, ULONG rva, ULONGLONG size)
{
    const IMAGE_SECTION_HEADER *section;
    for (ULONG i = 0; (section = KdpSection(image, i)); i++)
        if (rva >= section->VirtualAddress &&
            rva - section->VirtualAddress < section->SizeOfRawData)
            return KdpFileAt(image,
                             (ULONGLONG)section->PointerToRawData + rva -
                                 section->VirtualAddress,
                             size);
    return NULL;
}

/* Of two names for one address the alphabetically first wins: NtClose rather than
 * ZwClose. */
static BOOLEAN KdpPrecedes(const char *name, ULONG length, const BEST *best)
{
    for (ULONG i = 0; i < length && i < best->Length; i++)
        if (name[i] != best->Name[i])
            return name[i] < best->Name[i];
    return length < best->Length;
}

static void KdpConsider(BEST *best, ULONG wanted, ULONG rva, const char *name,
                        ULONG length)
{
    if (length == 0 || name[0] == '.' || rva > wanted || (best->Name && rva < best->Rva))
        return;
    if (best->Name && rva == best->Rva && !KdpPrecedes(name, length, best))
        return;
    *best = (BEST){rva, name, length};
}

static void KdpSearchCoff(const KDIMAGE *image, ULONG wanted, BEST *best)
{
    const IMAGE_NT_HEADERS32 *nt = KdpHeaders(image);
    if (!nt || !nt->FileHeader.PointerToSymbolTable)
        return;
    ULONG count = nt->FileHeader.NumberOfSymbols;
    ULONGLONG table = nt->FileHeader.PointerToSymbolTable;
    ULONGLONG strings = table + (ULONGLONG)count * IMAGE_SIZEOF_SYMBOL;
    const UCHAR *symbols = KdpFileAt(image, table, strings - table);
    if (!symbols)
        return;
    for (ULONG i = 0; i < count; i++) {
        const IMAGE_SYMBOL *s = (const void *)(symbols + (SIZE_T)i * IMAGE_SIZEOF_SYMBOL);
        i += s->NumberOfAuxSymbols;
        if (s->SectionNumber <= 0 || s->StorageClass == IMAGE_SYM_CLASS_FILE ||
            s->StorageClass == IMAGE_SYM_CLASS_SECTION)
            continue;
        const IMAGE_SECTION_HEADER *section = KdpSection(image, s->SectionNumber - 1);
        if (!section || !(section->Characteristics & IMAGE_SCN_MEM_EXECUTE))
            continue;
        const char *name = (const char *)s->N.ShortName;
        ULONG limit = IMAGE_SIZEOF_SHORT_NAME;
        if (!s->N.Name.Short) {
            ULONGLONG at = strings + s->N.Name.Long;
            if (at >= image->FileSize)
                continue;
            name = (const char *)image->File + at;
            limit = (ULONG)min(image->FileSize - at, 512);
        }
        KdpConsider(best, wanted, section->VirtualAddress + s->Value, name,
                    KdTextLength(name, limit));
    }
}

static void KdpSearchExports(const KDIMAGE *image, ULONG wanted, BEST *best)
{
    const IMAGE_NT_HEADERS32 *nt = KdpHeaders(image);
    if (!nt)
        return;
    const IMAGE_DATA_DIRECTORY *where =
        &nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXPORT];
    const IMAGE_EXPORT_DIRECTORY *exports =
        KdpRvaAt(image, where->VirtualAddress, sizeof *exports);
    if (!where->VirtualAddress || !exports || exports->NumberOfNames > 0x10000)
        return;
    const ULONG *names =
        KdpRvaAt(image, exports->AddressOfNames, exports->NumberOfNames * 4ull);
    const USHORT *ordinals =
        KdpRvaAt(image, exports->AddressOfNameOrdinals, exports->NumberOfNames * 2ull);
    const ULONG *functions =
        KdpRvaAt(image, exports->AddressOfFunctions, exports->NumberOfFunctions * 4ull);
    if (!names || !ordinals || !functions)
        return;
    for (ULONG i = 0; i < exports->NumberOfNames; i++) {
        const char *name = KdpRvaAt(image, names[i], 1);
        if (!name || ordinals[i] >= exports->NumberOfFunctions)
            continue;
        SIZE_T rest = image->FileSize - ((const UCHAR *)name - image->File);
        KdpConsider(best, wanted, functions[ordinals[i]], name,
                    KdTextLength(name, min(rest, 512)));
    }
}

/* i386 PE decorates: one underscore before, @bytes after a stdcall name. */
static void KdpUndecorate(BEST *best)
{
    if (best->Name[0] == '_' || best->Name[0] == '@') {
        best->Name++;
        best->Length--;
    }
    for (ULONG i = 1; i < best->Length; i++)
        if (best->Name[i] == '@' && best->Name[0] != '?')
            best->Length = i;
}

static void KdpAppend(char **text, SIZE_T *room, const char *bytes, SIZE_T length)
{
    for (; length-- && *room > 1; --*room, bytes++)
        *(*text)++ = (UCHAR)*bytes < ' ' || *bytes == 0x7F ? '?' : *bytes;
    **text = 0;
}

static void KdpAppendHex(char **text, SIZE_T *room, ULONG value)
{
    char digits[8];
    ULONG n = 8;
    do
        digits[--n] = "0123456789abcdef"[value & 15];
    while (value >>= 4);
    KdpAppend(text, room, digits + n, 8 - n);
}

static BOOLEAN KdpNameKernel(ULONG_PTR address, BEST *best, ULONG_PTR *start)
{
    ULONG low = 0, high = KdKernelSymbols.Count;
    while (low < high) {
        ULONG middle = (low + high) / 2;
        if (KdKernelSymbols.Entry[middle].Address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || address - KdKernelSymbols.Entry[low - 1].Address > 0x10000)
        return FALSE;
    const char *names = (const char *)&KdKernelSymbols.Entry[KdKernelSymbols.Count];
    best->Name = names + KdKernelSymbols.Entry[low - 1].Name;
    best->Length = KdTextLength(best->Name, 512);
    *start = KdKernelSymbols.Entry[low - 1].Address;
    return TRUE;
}

/* The symbol before an offset in the image, as its file has it. */
static BEST KdpFindSymbol(const KDIMAGE *image, ULONG rva)
{
    __typeof__(*KdpKnown) *known = &KdpKnown[(rva ^ (ULONG_PTR)image->File >> 9) % KNOWN];
    if (known->File != image->File || known->Rva != rva) {
        *known = (__typeof__(*known)){.File = image->File, .Rva = rva};
        KdpSearchCoff(image, rva, &known->Best);
        if (!known->Best.Name)
            KdpSearchExports(image, rva, &known->Best);
    }
    return known->Best;
}

static BOOLEAN KdpNameUser(ULONG_PTR address, const KDIMAGE *image, BEST *best,
                           ULONG_PTR *start)
{
    *best = KdpFindSymbol(image, address - image->Base);
    if (!best->Name)
        return FALSE;
    KdpUndecorate(best);
    *start = image->Base + best->Rva;
    return TRUE;
}

/* text (size bytes, at least 1) receives module!symbol+offset, module+offset, or the bare
 * number; TRUE if a module is known.  *start: the symbol's address, 0 if there is none. */
BOOLEAN KdNameAddress(ULONG_PTR address, char *text, SIZE_T size, ULONG_PTR *start)
{
    KDIMAGE image = {.Name = "nt"};
    BEST best = {0};
    ULONG_PTR symbol = 0;
    BOOLEAN known = TRUE;
    if (address >= MM_SYSTEM_RANGE_START)
        known = KdpNameKernel(address, &best, &symbol);
    else if ((known = KdFindImage && KdFindImage(address, &image)))
        KdpNameUser(address, &image, &best, &symbol);
    if (known) {
        KdpAppend(&text, &size, image.Name, KdTextLength(image.Name, sizeof image.Name));
        if (best.Name) {
            KdpAppend(&text, &size, "!", 1);
            KdpAppend(&text, &size, best.Name, best.Length);
        }
    }
    ULONG_PTR offset = address - (best.Name ? symbol : known ? image.Base : 0);
    if (offset || !best.Name) {
        if (known)
            KdpAppend(&text, &size, "+", 1);
        KdpAppendHex(&text, &size, offset);
    }
    if (start)
        *start = symbol;
    return known;
}
