/* section.h - the public face of kernel/section: sections, views, queries, the audit.
 *
 * Units: sizes are bytes unless the name says pages.
 */
#ifndef FATHOM_SECTION_H
#define FATHOM_SECTION_H

#include "mm/mm.h"

/* ---- address spaces ---- */
/* A page that every process reads at 7FFE0000: the kernel's writable view of it. */
extern KUSER_SHARED_DATA *MmSharedUserData;
void MmInitializeSharedData(void);
NTSTATUS MmCreateSpace(MMSPACE **); /* SharedUserData mapped; else empty */
void MmDeleteSpace(MMSPACE *);      /* every region, page, table and charge comes back */
MMSPACE *MmCurrentSpace(void);
void MmReferenceSpace(MMSPACE *);
void MmDereferenceSpace(MMSPACE *);
/* Between two steps of a service that a program can make long, with nothing half done: who is
 * due may run, and may change any space.  STATUS_THREAD_IS_TERMINATING: stop, the thread ends. */
NTSTATUS MmGiveWay(void);

/* ---- kernel stacks, device memory, what the loader left ---- */
void *MmCreateKernelStack(void); /* top; KERNEL_STACK_SIZE over a guard page; NULL */
void MmDeleteKernelStack(void *top);
/* Map device memory, below 16 TiB; NULL: no room.  combining: writes may be gathered, where
 * the processor can (framebuffer); else each access reaches the device, in order. */
void *MmMapIoSpace(ULONGLONG physical, SIZE_T size, BOOLEAN combining);
/* Boot module or low memory: kernel address of a physical range, NULL outside the linear
 * map. */
void *MmPhysicalToVirtual(ULONGLONG physical, SIZE_T size);

/* ---- sections and views ---- */
typedef struct _MMFILE { /* what io gives: a file that can bring a page */
    ULONGLONG Size;      /* bytes */
    /* Fill or store bytes of the file; short reads past the end are zero-filled by the
     * caller. */
    NTSTATUS (*Read)(struct _MMFILE *, ULONGLONG offset, void *buffer, ULONG length);
    NTSTATUS (*Write)(struct _MMFILE *, ULONGLONG offset, const void *from, ULONG length);
    NTSTATUS (*SetSize)(struct _MMFILE *, ULONGLONG size);
    void (*Reference)(struct _MMFILE *);
    void (*Dereference)(struct _MMFILE *);
    const UCHAR *Data;               /* whole contents in kernel memory, or NULL */
    const char *Name;                /* base name, UTF-8 */
    PVOID ImageControl, DataControl; /* mm's: shared pages of this file */
} MMFILE;

typedef struct _MMSECTION MMSECTION;
/* attributes: SEC_COMMIT, SEC_RESERVE, SEC_IMAGE. file NULL: backed by the page file
 * (memory). */
NTSTATUS MmCreateSection(MMFILE *, ULONGLONG maximumSize, ULONG protect, ULONG attributes,
                         MMSECTION **);
void MmReferenceSection(MMSECTION *);
void MmDereferenceSection(MMSECTION *);
NTSTATUS MmMapViewOfSection(MMSECTION *, MMSPACE *, PVOID *base, ULONG_PTR zeroBits,
                            SIZE_T commit, LARGE_INTEGER *offset, SIZE_T *viewSize,
                            ULONG allocationType, ULONG protect);
NTSTATUS MmUnmapViewOfSection(MMSPACE *, PVOID base);
NTSTATUS MmExtendSection(MMSECTION *, ULONGLONG *size);
typedef struct _MMSECTION_FACTS {
    ULONGLONG Size;
    ULONG Attributes, Protect;
    const char *Name; /* its file's, UTF-8; empty: memory alone */
    /* images: */
    ULONG_PTR ImageBase, EntryPoint; /* EntryPoint: offset from the base */
    SIZE_T StackReserve, StackCommit;
    USHORT Subsystem, SubsystemMajor, SubsystemMinor, Machine, Characteristics,
        DllCharacteristics;
} MMSECTION_FACTS;
typedef struct _MMIMAGEINFO { /* SECTION_IMAGE_INFORMATION of Windows 7, 30h bytes */
    ULONG_PTR TransferAddress;
    ULONG ZeroBits;
    SIZE_T MaximumStackSize, CommittedStackSize;
    ULONG SubSystemType;
    USHORT SubSystemMinorVersion, SubSystemMajorVersion;
    ULONG GpValue;
    USHORT ImageCharacteristics, DllCharacteristics, Machine;
    BOOLEAN ImageContainsCode;
    UCHAR ImageFlags;
    ULONG LoaderFlags, ImageFileSize, CheckSum;
} MMIMAGEINFO;
C_ASSERT(sizeof(MMIMAGEINFO) == 0x30);
void MmDescribeImage(MMSECTION *, ULONG_PTR base, MMIMAGEINFO *); /* mapped at base */
NTSTATUS MmPrefetchSection(MMSECTION *);
void MmQuerySection(MMSECTION *, MMSECTION_FACTS *);
/* The view at an address of a space, and whether it is of an image; FALSE: none. */
BOOLEAN MmFindView(MMSPACE *, ULONG_PTR address, ULONG_PTR *base, SIZE_T *size,
                   BOOLEAN *image);
/* The image mapped there: its base and file; FALSE: none. */
BOOLEAN MmFindImage(MMSPACE *, ULONG_PTR address, ULONG_PTR *base, SIZE_T *size,
                    MMFILE **);

/* ---- regions, for ps and io (the Nt* services wrap the same code) ---- */
NTSTATUS MmProbeBuffer(void *user, SIZE_T size, ULONG alignment);
/* KdReadMemory: any address of the current space, never a fault. */
NTSTATUS MmReadMemorySafe(ULONG_PTR address, void *buffer, SIZE_T size);
/* A stack as RtlCreateUserStack makes it; base, limit, deallocation as in the TEB. */
NTSTATUS MmCreateUserStack(MMSPACE *, ULONG_PTR zeroBits, SIZE_T reserve, SIZE_T commit,
                           PVOID *base, PVOID *limit, PVOID *deallocation);
/* PEB or TEB: a kernel-owned region that VirtualFree/Protect refuse. Windows' places
 * (7FFDx000). */
NTSTATUS MmCreatePeb(MMSPACE *, PVOID *peb);
NTSTATUS MmCreateTeb(MMSPACE *, PVOID *teb);
void MmDeleteTeb(MMSPACE *, PVOID teb);

/* ---- numbers, audits ---- */
struct _FATHOM_MEMORY;
struct _FATHOM_REGION;
void MmQueryMemory(struct _FATHOM_MEMORY *);
/* The small blocks of the pool in use, by tag; a run of pages shows in the free pages.  Tags
 * past the last room are counted there. */
#define MM_POOL_TAGS 16
typedef struct _MMPOOLTAG {
    ULONG Tag, Blocks;
} MMPOOLTAG;
void MmQueryPool(MMPOOLTAG tags[MM_POOL_TAGS]);
ULONG MmQueryRegions(MMSPACE *, struct _FATHOM_REGION *, ULONG max); /* count there are */
void MmQueryWorkingSet(MMSPACE *, SIZE_T *minimum, SIZE_T *maximum); /* bytes */
NTSTATUS MmSetWorkingSet(MMSPACE *, SIZE_T minimum, SIZE_T maximum);
typedef struct _MMUSAGE {
    ULONG PrivatePages, Pages, PeakPages; /* resident, the shared ones counted in Pages */
    ULONG CommitPages, PeakCommit;
    ULONG VirtualPages, PeakVirtual;
    ULONG Faults;
} MMUSAGE;
void MmQuerySpace(MMSPACE *, MMUSAGE *);
struct _FATHOM_PAGE;
struct _FATHOM_TABLES;
/* The page at a user address of the current space; FALSE: none is there. */
BOOLEAN MmQueryPage(ULONG_PTR address, struct _FATHOM_PAGE *);
void MmQueryTables(MMSPACE *, ULONG_PTR address, struct _FATHOM_TABLES *);
/* Every invariant.  0: all hold; else a number (check.c), and DbgPrint says which. */
ULONG MmAudit(void);

#endif
