/* pending.c - services on their way. */
#include "ke/ke.h"
NTSTATUS NTAPI NtCancelTimer_pending(ULONG, ULONG) __asm__("_NtCancelTimer@8");
NTSTATUS NTAPI NtCancelTimer_pending(ULONG a0, ULONG a1)
{
    (void)a0;
    (void)a1;
    return STATUS_NOT_IMPLEMENTED;
}
NTSTATUS NTAPI NtCreateKeyedEvent_pending(ULONG, ULONG, ULONG,
                                          ULONG) __asm__("_NtCreateKeyedEvent@16");
NTSTATUS NTAPI NtCreateKeyedEvent_pending(ULONG a0, ULONG a1, ULONG a2, ULONG a3)
{
    (void)a0;
    (void)a1;
    (void)a2;
    (void)a3;
    return STATUS_NOT_IMPLEMENTED;
}
NTSTATUS NTAPI NtCreateTimer_pending(ULONG, ULONG, ULONG,
                                     ULONG) __asm__("_NtCreateTimer@16");
NTSTATUS NTAPI NtCreateTimer_pending(ULONG a0, ULONG a1, ULONG a2, ULONG a3)
{
    (void)a0;
    (void)a1;
    (void)a2;
    (void)a3;
    return STATUS_NOT_IMPLEMENTED;
}
NTSTATUS NTAPI NtDisplayString_pending(ULONG) __asm__("_NtDisplayString@4");
NTSTATUS NTAPI NtDisplayString_pending(ULONG a0)
{
    (void)a0;
    return STATUS_NOT_IMPLEMENTED;
}
NTSTATUS NTAPI NtOpenKeyedEvent_pending(ULONG, ULONG,
                                        ULONG) __asm__("_NtOpenKeyedEvent@12");
NTSTATUS NTAPI NtOpenKeyedEvent_pending(ULONG a0, ULONG a1, ULONG a2)
{
    (void)a0;
    (void)a1;
    (void)a2;
    return STATUS_NOT_IMPLEMENTED;
}
NTSTATUS NTAPI NtOpenTimer_pending(ULONG, ULONG, ULONG) __asm__("_NtOpenTimer@12");
NTSTATUS NTAPI NtOpenTimer_pending(ULONG a0, ULONG a1, ULONG a2)
{
    (void)a0;
    (void)a1;
    (void)a2;
    return STATUS_NOT_IMPLEMENTED;
}
NTSTATUS NTAPI NtQueryAttributesFile_pending(ULONG,
                                             ULONG) __asm__("_NtQueryAttributesFile@8");
NTSTATUS NTAPI NtQueryAttributesFile_pending(ULONG a0, ULONG a1)
{
    (void)a0;
    (void)a1;
    return STATUS_NOT_IMPLEMENTED;
}
NTSTATUS NTAPI NtQueryDirectoryFile_pending(ULONG, ULONG, ULONG, ULONG, ULONG, ULONG,
                                            ULONG, ULONG, ULONG, ULONG,
                                            ULONG) __asm__("_NtQueryDirectoryFile@44");
NTSTATUS NTAPI NtQueryDirectoryFile_pending(ULONG a0, ULONG a1, ULONG a2, ULONG a3,
                                            ULONG a4, ULONG a5, ULONG a6, ULONG a7,
                                            ULONG a8, ULONG a9, ULONG a10)
{
    (void)a0;
    (void)a1;
    (void)a2;
    (void)a3;
    (void)a4;
    (void)a5;
    (void)a6;
    (void)a7;
    (void)a8;
    (void)a9;
    (void)a10;
    return STATUS_NOT_IMPLEMENTED;
}
NTSTATUS NTAPI NtQueryFullAttributesFile_pending(ULONG, ULONG) __asm__(
    "_NtQueryFullAttributesFile@8");
NTSTATUS NTAPI NtQueryFullAttributesFile_pending(ULONG a0, ULONG a1)
{
    (void)a0;
    (void)a1;
    return STATUS_NOT_IMPLEMENTED;
}
NTSTATUS
    NTAPI NtQueryInformationFile_pending(ULONG, ULONG, ULONG, ULONG,
                                         ULONG) __asm__("_NtQueryInformationFile@20");
NTSTATUS NTAPI NtQueryInformationFile_pending(ULONG a0, ULONG a1, ULONG a2, ULONG a3,
                                              ULONG a4)
{
    (void)a0;
    (void)a1;
    (void)a2;
    (void)a3;
    (void)a4;
    return STATUS_NOT_IMPLEMENTED;
}
NTSTATUS NTAPI NtQueryPerformanceCounter_pending(ULONG, ULONG) __asm__(
    "_NtQueryPerformanceCounter@8");
NTSTATUS NTAPI NtQueryPerformanceCounter_pending(ULONG a0, ULONG a1)
{
    (void)a0;
    (void)a1;
    return STATUS_NOT_IMPLEMENTED;
}
NTSTATUS
    NTAPI NtQuerySystemInformation_pending(ULONG, ULONG, ULONG,
                                           ULONG) __asm__("_NtQuerySystemInformation@16");
NTSTATUS NTAPI NtQuerySystemInformation_pending(ULONG a0, ULONG a1, ULONG a2, ULONG a3)
{
    (void)a0;
    (void)a1;
    (void)a2;
    (void)a3;
    return STATUS_NOT_IMPLEMENTED;
}
NTSTATUS NTAPI NtQuerySystemTime_pending(ULONG) __asm__("_NtQuerySystemTime@4");
NTSTATUS NTAPI NtQuerySystemTime_pending(ULONG a0)
{
    (void)a0;
    return STATUS_NOT_IMPLEMENTED;
}
NTSTATUS NTAPI NtQueryTimer_pending(ULONG, ULONG, ULONG, ULONG,
                                    ULONG) __asm__("_NtQueryTimer@20");
NTSTATUS NTAPI NtQueryTimer_pending(ULONG a0, ULONG a1, ULONG a2, ULONG a3, ULONG a4)
{
    (void)a0;
    (void)a1;
    (void)a2;
    (void)a3;
    (void)a4;
    return STATUS_NOT_IMPLEMENTED;
}
NTSTATUS
    NTAPI NtQueryTimerResolution_pending(ULONG, ULONG,
                                         ULONG) __asm__("_NtQueryTimerResolution@12");
NTSTATUS NTAPI NtQueryTimerResolution_pending(ULONG a0, ULONG a1, ULONG a2)
{
    (void)a0;
    (void)a1;
    (void)a2;
    return STATUS_NOT_IMPLEMENTED;
}
NTSTATUS NTAPI NtQueryVolumeInformationFile_pending(
    ULONG, ULONG, ULONG, ULONG, ULONG) __asm__("_NtQueryVolumeInformationFile@20");
NTSTATUS NTAPI NtQueryVolumeInformationFile_pending(ULONG a0, ULONG a1, ULONG a2,
                                                    ULONG a3, ULONG a4)
{
    (void)a0;
    (void)a1;
    (void)a2;
    (void)a3;
    (void)a4;
    return STATUS_NOT_IMPLEMENTED;
}
NTSTATUS NTAPI NtReleaseKeyedEvent_pending(ULONG, ULONG, ULONG,
                                           ULONG) __asm__("_NtReleaseKeyedEvent@16");
NTSTATUS NTAPI NtReleaseKeyedEvent_pending(ULONG a0, ULONG a1, ULONG a2, ULONG a3)
{
    (void)a0;
    (void)a1;
    (void)a2;
    (void)a3;
    return STATUS_NOT_IMPLEMENTED;
}
NTSTATUS NTAPI NtSetInformationFile_pending(ULONG, ULONG, ULONG, ULONG,
                                            ULONG) __asm__("_NtSetInformationFile@20");
NTSTATUS NTAPI NtSetInformationFile_pending(ULONG a0, ULONG a1, ULONG a2, ULONG a3,
                                            ULONG a4)
{
    (void)a0;
    (void)a1;
    (void)a2;
    (void)a3;
    (void)a4;
    return STATUS_NOT_IMPLEMENTED;
}
NTSTATUS NTAPI NtSetTimer_pending(ULONG, ULONG, ULONG, ULONG, ULONG, ULONG,
                                  ULONG) __asm__("_NtSetTimer@28");
NTSTATUS NTAPI NtSetTimer_pending(ULONG a0, ULONG a1, ULONG a2, ULONG a3, ULONG a4,
                                  ULONG a5, ULONG a6)
{
    (void)a0;
    (void)a1;
    (void)a2;
    (void)a3;
    (void)a4;
    (void)a5;
    (void)a6;
    return STATUS_NOT_IMPLEMENTED;
}
NTSTATUS NTAPI NtSetTimerResolution_pending(ULONG, ULONG,
                                            ULONG) __asm__("_NtSetTimerResolution@12");
NTSTATUS NTAPI NtSetTimerResolution_pending(ULONG a0, ULONG a1, ULONG a2)
{
    (void)a0;
    (void)a1;
    (void)a2;
    return STATUS_NOT_IMPLEMENTED;
}
NTSTATUS NTAPI NtShutdownSystem_pending(ULONG) __asm__("_NtShutdownSystem@4");
NTSTATUS NTAPI NtShutdownSystem_pending(ULONG a0)
{
    (void)a0;
    return STATUS_NOT_IMPLEMENTED;
}
NTSTATUS NTAPI NtWaitForKeyedEvent_pending(ULONG, ULONG, ULONG,
                                           ULONG) __asm__("_NtWaitForKeyedEvent@16");
NTSTATUS NTAPI NtWaitForKeyedEvent_pending(ULONG a0, ULONG a1, ULONG a2, ULONG a3)
{
    (void)a0;
    (void)a1;
    (void)a2;
    (void)a3;
    return STATUS_NOT_IMPLEMENTED;
}
