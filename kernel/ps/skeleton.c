/* skeleton.c - on its way. */
#include "kd/kd.h"
#include "ex/ex.h"
void IoInitialize(const MULTIBOOT_INFO *m)
{
    (void)m;
}
MMFILE *IoOpenArchiveFile(const WCHAR *p)
{
    (void)p;
    return NULL;
}
NTSTATUS IoCreateStandardObject(ULONG s, BOOLEAN h, ULONG i, void **b)
{
    (void)i;
    (void)s;
    (void)h;
    (void)b;
    return STATUS_NOT_IMPLEMENTED;
}
NTSTATUS IoReferenceMmFile(HANDLE f, ACCESS_MASK a, MMFILE **m)
{
    (void)f;
    (void)a;
    (void)m;
    return STATUS_NOT_IMPLEMENTED;
}
void ExStart(const char *c)
{
    (void)c;
    DbgPrint("fathom: nothing to run yet\n");
    KdPowerOff(0);
}
NTSTATUS IoOpenMmFile(const WCHAR *p, MMFILE **m)
{
    (void)p;
    (void)m;
    return STATUS_NOT_IMPLEMENTED;
}
