/* pages.c - pte: the entries on the way to one page of a process.
 *
 *     CR3 -> PDPT [address >> 30] -> page directory [>> 21] -> page table [>> 12] -> page
 *
 * An entry has 64 bits: PAE.  One that is not valid says what the kernel promised; of a
 * page that was never touched it may be 0, and the region alone knows (vad).
 * WinDbg: !pte.  Source: Intel SDM volume 3, section 4.4.
 */
#include "shell.h"

static const struct {
    ULONG bit;
    const char *name;
} bits[] = {{0x01, "valid"},    {0x02, "write"}, {0x04, "user"},  {0x10, "nocache"},
            {0x20, "accessed"}, {0x40, "dirty"}, {0x80, "large"}, {0x100, "global"}};

static void show_entry(const char *name, ULONG index, ULONGLONG entry)
{
    printf("%-5s [%3lX]  %08lX%08lX ", name, index, (ULONG)(entry >> 32), (ULONG)entry);
    if (entry & 1) {
        for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
            if (entry & bits[i].bit)
                printf(" %s", bits[i].name);
        printf("%s, page %lX", entry >> 63 ? " no-execute" : "",
               (ULONG)((entry & 0xFFFFFFFFFFFFFull) >> 12));
    } else {
        printf(entry ? " not valid" : " zero: nothing is there");
    }
    printf("\n");
}

void show_page(const char *arguments)
{
    char *rest;
    const ULONG id = strtoul(arguments, &rest, 10);
    const ULONG address = strtoul(rest, &rest, 16);
    FATHOM_TABLES tables = {.ProcessId = id};
    ULONG returned;
    if (!id || !*arguments || !address) {
        printf("pte PID ADDR: a number of ps, an address in hexadecimal\n");
        return;
    }
    const LONG status =
        query(FathomQueryTables, address, &tables, sizeof tables, &returned);
    if (status < 0) {
        printf(address >= 0x7FFF0000
                   ? "pte: %08lX is not an address of user mode\n"
                   : "pte: no process has the number %lu: ps lists them\n",
               address >= 0x7FFF0000 ? address : id);
        return;
    }
    printf("process %lu, address %08lX\n", id, address);
    show_entry("PDPTE", address >> 30, tables.Pdpte);
    if (tables.Pdpte & 1)
        show_entry("PDE", address >> 21 & 0x1FF, tables.Pde);
    if (tables.Pde & 1)
        show_entry("PTE", address >> 12 & 0x1FF, tables.Pte);
    if (tables.Pde & tables.Pte & 1)
        printf("byte  [%3lX]  physical %08lX\n", address & 0xFFF,
               (ULONG)(tables.Pte & 0xFFFFF000) | (address & 0xFFF));
}
