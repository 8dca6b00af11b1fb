/* ldrp.h - private declarations of the loader: modules, dependencies, thread-local data.
 *
 * A module is Windows' LDR_DATA_TABLE_ENTRY, on the three lists of PEB.Ldr, with what
 * Windows keeps beside it.  One lock guards everything here: LdrpLoaderLock (PEB.LoaderLock).
 *
 *   L1  a module is on InLoadOrder and InMemoryOrder from the moment it is mapped, and on
 *       InInitializationOrder from the moment its imports are bound, after all it depends on
 *       (but for a circle); the program itself is never on the third list
 *   L2  LoadCount FFFFh means "never unloaded": the program and all it needs; otherwise it is
 *       the number of LdrLoadDll calls that have the module in their closure of dependencies
 *   L3  a module with LoadCount 0 belongs to a load that is under way; if that fails, exactly
 *       those modules go (LdrpDropUnused)
 */
#ifndef FATHOM_LDRP_H
#define FATHOM_LDRP_H

#include "pe.h"

typedef struct _LDRP_MODULE {
    LDR_DATA_TABLE_ENTRY Entry;
    PIMAGE_NT_HEADERS Headers;
    LDRP_EXPORTS Exports;
    ULONG DependencyCount;
    struct _LDRP_MODULE **Dependency; /* each once */
    ULONG Mark;                       /* number of the latest walk that came by */
} LDRP_MODULE;
#define LDRP_PINNED 0xFFFFu

extern PEB_LDR_DATA LdrpData;
extern LDRP_MODULE *LdrpImage, *LdrpNtdll; /* the program; ourselves */
extern BOOLEAN LdrpLenient;                /* FATHOM_LENIENT=1 */
extern BOOLEAN LdrpVerbose;                /* FATHOM_VERBOSE=1 */
extern BOOLEAN LdrpStarting;               /* the first thread has not begun yet */

#define LDRP_FOR_EACH(module, list, links)                                               \
    for (LDRP_MODULE *module = CONTAINER(LdrpData.list.Flink, LDRP_MODULE, Entry.links); \
         &module->Entry.links != &LdrpData.list;                                         \
         module = CONTAINER(module->Entry.links.Flink, LDRP_MODULE, Entry.links))
#define LDRP_FOR_EACH_LOADED(module)                                                     \
    LDRP_FOR_EACH(module, InLoadOrderModuleList, InLoadOrderLinks)

static inline PVOID LdrpAllocate(SIZE_T size) /* zeroed; NULL if there is none */
{
    return RtlAllocateHeap(NtPeb()->ProcessHeap, HEAP_ZERO_MEMORY, size);
}
static inline void LdrpFree(PVOID block)
{
    RtlFreeHeap(NtPeb()->ProcessHeap, 0, block);
}

/* search.c: from a name to an open file */
NTSTATUS LdrpOpenDll(PCWSTR searchPath, PCUNICODE_STRING name, UNICODE_STRING *full,
                     HANDLE *file);

/* module.c */
/* resolve FALSE: neither imports nor DllMain, ever (DONT_RESOLVE_DLL_REFERENCES) */
NTSTATUS LdrpLoadModule(PCWSTR searchPath, PCUNICODE_STRING name, BOOLEAN resolve,
                        LDRP_MODULE **);
extern PCWSTR LdrpSearchPath; /* of the load that is under way; NULL: the usual folders */
LDRP_MODULE *LdrpNewModule(PVOID base, PIMAGE_NT_HEADERS, PCUNICODE_STRING fullName);
LDRP_MODULE *LdrpFindByBase(PVOID base);
LDRP_MODULE *LdrpFindByAddress(PVOID address);
LDRP_MODULE *LdrpFindByName(PCUNICODE_STRING name);
NTSTATUS LdrpDependOn(LDRP_MODULE *, LDRP_MODULE *on);
void LdrpCountClosure(LDRP_MODULE *, LONG step); /* +1, -1 */
void LdrpPinClosure(LDRP_MODULE *);
void LdrpDropUnused(void); /* LoadCount 0: detach, unmap, forget */
void LdrpModuleLoaded(PVOID base, PUNICODE_STRING name);

/* snap.c */
NTSTATUS LdrpBindImports(LDRP_MODULE *);
NTSTATUS LdrpProcedure(LDRP_MODULE *, LDRP_NAME, ULONG ordinal, ULONG hint,
                       LDRP_MODULE *importer, PVOID *address);

/* report.c */
void LdrpReport(NTSTATUS, const char *what, ULONG ordinal, PCUNICODE_STRING module);
void LdrpReportMiss(const ANSI_STRING *name, ULONG ordinal, const LDRP_MODULE *);
PVOID LdrpMissingStub(PCUNICODE_STRING module, const char *name, ULONG ordinal);

/* option.c */
BOOLEAN LdrpSwitch(PCWSTR name);
void LdrpSetGlobalFlag(PPEB);

/* tls.c */
NTSTATUS LdrpAddTls(LDRP_MODULE *);
void LdrpRemoveTls(LDRP_MODULE *);
NTSTATUS LdrpStartThreadTls(void);
void LdrpEndThreadTls(void);
void LdrpCallTlsCallbacks(LDRP_MODULE *, ULONG reason);

/* notify.c */
NTSTATUS LdrpRunInitializers(PVOID reserved);
void LdrpDetach(LDRP_MODULE *, PVOID reserved);
void LdrpTellThreadAttach(void);
BOOLEAN NTAPI LdrpCallInitRoutine(PVOID entry, PVOID base, ULONG reason, PVOID reserved);
/* 0, or the code of the exception that left it. */
ULONG NTAPI LdrpCallGuarded(PVOID entry, PVOID base, ULONG reason, PVOID reserved);

#endif
