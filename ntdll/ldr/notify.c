/* notify.c - the calls of entry points and TLS callbacks: process attach, thread attach, thread
 * detach, process detach.
 *
 * Attach runs along InInitializationOrder, so a DLL is called after all it depends on; detach
 * runs backwards.  A module's TLS callbacks are called just before its entry point; the
 * program has only those.  All of it with the loader's lock held, as documented for DllMain.
 */
#include "ldrp.h"

static BOOLEAN Tell(LDRP_MODULE *module, ULONG reason, PVOID reserved)
{
    LdrpCallTlsCallbacks(module, reason);
    if (!module->Entry.EntryPoint || !(module->Entry.Flags & LDRP_IMAGE_DLL))
        return TRUE;
    return LdrpCallInitRoutine(module->Entry.EntryPoint, module->Entry.DllBase, reason,
                               reserved);
}

/* Attach every DLL that has not been.  reserved: not NULL for those of the program's
 * start. STATUS_DLL_INIT_FAILED if one refuses; it and the rest stay unattached. */
NTSTATUS LdrpRunInitializers(PVOID reserved)
{
    LDRP_FOR_EACH_LOADED(module)
    module->Entry.Flags &= ~LDRP_LOAD_IN_PROGRESS;
    LDRP_FOR_EACH(module, InInitializationOrderModuleList, InInitializationOrderLinks)
    {
        if (module->Entry.Flags & LDRP_ENTRY_PROCESSED)
            continue;
        module->Entry.Flags |= LDRP_ENTRY_PROCESSED;
        if (!Tell(module, DLL_PROCESS_ATTACH, reserved)) {
            if (LdrpStarting) /* later the caller of LoadLibrary learns of it */
                LdrpReport(STATUS_DLL_INIT_FAILED, NULL, 0, &module->Entry.BaseDllName);
            return STATUS_DLL_INIT_FAILED;
        }
        module->Entry.Flags |= LDRP_PROCESS_ATTACH_CALLED;
    }
    return STATUS_SUCCESS;
}

/* Detach one DLL that was attached.  reserved: not NULL when the process ends. */
void LdrpDetach(LDRP_MODULE *module, PVOID reserved)
{
    if (!(module->Entry.Flags & LDRP_PROCESS_ATTACH_CALLED))
        return;
    module->Entry.Flags &= ~LDRP_PROCESS_ATTACH_CALLED;
    Tell(module, DLL_PROCESS_DETACH, reserved);
}

static void TellThread(LDRP_MODULE *module, ULONG reason)
{
    if ((module->Entry.Flags &
         (LDRP_PROCESS_ATTACH_CALLED | LDRP_DONT_CALL_FOR_THREADS)) ==
        LDRP_PROCESS_ATTACH_CALLED)
        Tell(module, reason, NULL);
}

/* The calling thread begins.  With the lock held. */
void LdrpTellThreadAttach(void)
{
    RtlpThreadsCame = TRUE;
    LDRP_FOR_EACH(module, InInitializationOrderModuleList, InInitializationOrderLinks)
    TellThread(module, DLL_THREAD_ATTACH);
    LdrpCallTlsCallbacks(LdrpImage, DLL_THREAD_ATTACH);
}

VOID NTAPI LdrShutdownThread(VOID)
{
    if (RtlpShutdownInProgress)
        return;
    RtlEnterCriticalSection(&LdrpLoaderLock);
    PLIST_ENTRY head = &LdrpData.InInitializationOrderModuleList;
    for (PLIST_ENTRY at = head->Blink; at != head; at = at->Blink)
        TellThread(CONTAINER(at, LDRP_MODULE, Entry.InInitializationOrderLinks),
                   DLL_THREAD_DETACH);
    LdrpCallTlsCallbacks(LdrpImage, DLL_THREAD_DETACH);
    LdrpEndThreadTls();
    RtlLeaveCriticalSection(&LdrpLoaderLock);
}

BOOLEAN NTAPI RtlDllShutdownInProgress(VOID)
{
    return RtlpShutdownInProgress;
}

/* The process ends; all other threads are gone.  Only once.  First the fiber local storage of this
 * thread, then the DLLs. */
VOID NTAPI LdrShutdownProcess(VOID)
{
    if (RtlpShutdownInProgress)
        return;
    RtlpShutdownInProgress = TRUE;
    LdrpData.ShutdownInProgress = TRUE;
    LdrpData.ShutdownThreadId = NtTeb()->ClientId.UniqueThread;
    RtlProcessFlsData(NtTeb()->FlsData);
    NtTeb()->FlsData = NULL;
    LdrpCallTlsCallbacks(LdrpImage, DLL_PROCESS_DETACH);
    PLIST_ENTRY head = &LdrpData.InInitializationOrderModuleList;
    for (PLIST_ENTRY at = head->Blink; at != head; at = at->Blink)
        LdrpDetach(CONTAINER(at, LDRP_MODULE, Entry.InInitializationOrderLinks),
                   (PVOID)1);
    RtlpCheckHeapsAtExit();
    if (NtPeb()->NtGlobalFlag & FLG_FATHOM_LEAKS)
        RtlpTellBlocks();
}
