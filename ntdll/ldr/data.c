/* data.c - what the loader knows of the process: PEB.Ldr with its three lists, its lock. */
#include "ldrp.h"

RTL_CRITICAL_SECTION LdrpLoaderLock = {.LockCount = -1};
LDRP_MODULE *LdrpImage, *LdrpNtdll;
BOOLEAN LdrpStarting = TRUE;
PEB_LDR_DATA LdrpData = {
    .Length = sizeof LdrpData,
    .InLoadOrderModuleList = {&LdrpData.InLoadOrderModuleList,
                              &LdrpData.InLoadOrderModuleList},
    .InMemoryOrderModuleList = {&LdrpData.InMemoryOrderModuleList,
                                &LdrpData.InMemoryOrderModuleList},
    .InInitializationOrderModuleList = {&LdrpData.InInitializationOrderModuleList,
                                        &LdrpData.InInitializationOrderModuleList}};
