/* memory.c - mem: what the machine's pages are used for; ps: its processes. */
#include "shell.h"

/* A module's pages are the image's own, shown by every process that uses it, until the
 * process writes to one: then it has a copy. */
static void show_module(const FATHOM_REGION *module)
{
    ULONG here = 0, own = 0, most = 0, returned;
    for (ULONG at = 0; at < module->Size; at += 4096) {
        FATHOM_PAGE page;
        if (query(FathomQueryPage, module->Base + at, &page, sizeof page, &returned) <
                0 ||
            !page.Present)
            continue;
        const BOOL copy = page.ShareCount == 1;
        here++;
        own += copy;
        if (!copy && page.ShareCount - 1 > most)
            most = page.ShareCount - 1;
    }
    printf("%-16.32s  %5lu  %5lu  %6lu  %4lu  %9lu\n", module->Name, module->Size / 4096,
           here, here - own, own, most);
}

static void show_modules(void)
{
    static FATHOM_REGION regions[512];
    ULONG returned;
    if (query(FathomQueryRegions, 0, regions, sizeof regions, &returned) < 0)
        return;
    printf("module            pages   here  shared   own  processes\n");
    for (ULONG i = 0; i < returned / sizeof *regions; i++)
        if (regions[i].Type == MEM_IMAGE && regions[i].Name[0])
            show_module(&regions[i]);
}

void show_memory(const char *arguments)
{
    FATHOM_MEMORY m;
    ULONG returned;
    (void)arguments;
    if (query(FathomQueryMemory, 0, &m, sizeof m, &returned) < 0) {
        printf("the kernel does not answer\n");
        return;
    }
    printf("pages of 4 KiB    %8lu  (%lu MiB)\n", m.Total, m.Total / 256);
    printf("  free            %8lu\n  zeroed          %8lu\n  user            %8lu\n",
           m.Free, m.Zeroed, m.User);
    printf("  shared          %8lu\n  page tables     %8lu\n  kernel          %8lu\n",
           m.Shared, m.PageTable, m.Kernel);
    printf("committed         %8lu  of %lu\n", m.Committed, m.CommitLimit);
    show_modules();
}

void show_processes(const char *arguments)
{
    static FATHOM_PROCESS processes[256];
    ULONG returned;
    (void)arguments;
    if (query(FathomQueryProcesses, 0, processes, sizeof processes, &returned) < 0)
        returned = 0;
    printf("  pid parent threads handles private commit  name\n");
    for (ULONG i = 0; i < returned / sizeof *processes; i++) {
        const FATHOM_PROCESS *p = &processes[i];
        printf("%5lu %6lu %7lu %7lu %7lu %6lu  %.32s\n", p->Id, p->Parent, p->Threads,
               p->Handles, p->PrivatePages, p->CommitPages, p->Name);
    }
}
