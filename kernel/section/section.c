/* section.c - sections and views: MmCreateSection, MmMapViewOfSection, unmapping.
 *
 * A section is a control with a size and a protection that bounds its views.  A view is a
 * region (MMVAD) that shows a run of the control's pages; its PTEs fill as it is touched.
 *
 * Source: CreateFileMapping and MapViewOfFile in the Win32 documentation, ZwCreateSection
 * and ZwMapViewOfSection in the WDK.
 */
#include "mm/user.h"
#include "section/shared.h"
#include "services.h"

#define SEC_KNOWN     (SEC_COMMIT | SEC_RESERVE | SEC_IMAGE | SEC_UNCACHED | SEC_LARGE_PAGES)
#define SEC_UNCACHED  (SEC_NOCACHE | SEC_WRITECOMBINE)
#define ROUND_TO_PAGE 0x40000000u /* AT_ROUND_TO_PAGE of ZwMapViewOfSection */

/* May pages have protection p when their section, or their view, has most? */
BOOLEAN MiMayView(ULONG most, ULONG p)
{
    if (p == MM_NOACCESS)
        return TRUE;
    return !MiTraps(most) && (!MiIsExecutable(p) || MiIsExecutable(most)) &&
           (!MiIsWritable(p) || MiIsWritable(most));
}

static NTSTATUS MiCheckSection(MMFILE *file, ULONG protection, ULONG attributes)
{
    ULONG kind = attributes & (SEC_COMMIT | SEC_RESERVE | SEC_IMAGE);
    if (attributes & ~SEC_KNOWN || !kind || kind & (kind - 1) ||
        (kind == SEC_IMAGE && attributes & SEC_UNCACHED) ||
        (attributes & SEC_LARGE_PAGES && (kind != SEC_COMMIT || file)))
        return STATUS_INVALID_PARAMETER_6;
    if (protection == MM_INVALID || MiTraps(protection))
        return STATUS_INVALID_PAGE_PROTECTION;
    if (kind == SEC_IMAGE && !file)
        return STATUS_INVALID_FILE_FOR_SECTION;
    if (attributes &
        SEC_LARGE_PAGES) /* needs SeLockMemoryPrivilege, which no process has */
        return STATUS_PRIVILEGE_NOT_HELD;
    return STATUS_SUCCESS;
}

/* ---- the three kinds of control; each returns one reference ---- */

static NTSTATUS MiMemoryControl(ULONGLONG *size, ULONG attributes, MMCONTROL **out)
{
    NTSTATUS status;
    if (!*size)
        return STATUS_INVALID_PARAMETER_4;
    if (*size > MM_HIGHEST_USER_ADDRESS)
        return STATUS_SECTION_TOO_BIG;
    *size = ALIGN_UP(*size, PAGE_SIZE);
    *out = MiNewControl(MiControlMemory, NULL, MiPages(*size),
                        (attributes & SEC_COMMIT) != 0, &status);
    return status;
}

static NTSTATUS MiFileControl(MMFILE *file, ULONGLONG *size, ULONG protection,
                              MMCONTROL **out)
{
    NTSTATUS status = STATUS_SUCCESS;
    if (!*size)
        *size = file->Size;
    if (!*size)
        return STATUS_MAPPED_FILE_SIZE_ZERO;
    if (*size > MM_HIGHEST_USER_ADDRESS)
        return STATUS_SECTION_TOO_BIG;
    if (*size > file->Size) {
        if (!MiIsWritable(protection) || !file->SetSize)
            return STATUS_SECTION_TOO_BIG;
        status = file->SetSize(file, *size);
    }
    MMCONTROL *control = file->DataControl;
    if (!NT_SUCCESS(status))
        return status;
    if (control) {
        control->References++;
        status = MiGrowControl(control, MiPages(*size));
        if (!NT_SUCCESS(status))
            MiDereferenceControl(control);
    } else {
        control = MiNewControl(MiControlFile, file, MiPages(*size), TRUE, &status);
        file->DataControl = control;
    }
    *out = control;
    return status;
}

static NTSTATUS MiImageControl(MMFILE *file, MMCONTROL **out)
{
    if (file->ImageControl) {
        *out = file->ImageControl;
        (*out)->References++;
        return STATUS_SUCCESS;
    }
    NTSTATUS status =
        file->Size ? MiCreateImageControl(file, out) : STATUS_INVALID_FILE_FOR_SECTION;
    if (NT_SUCCESS(status))
        file->ImageControl = *out;
    return status;
}

/* maximumSize: bytes, 0: the file's. STATUS_INVALID_PARAMETER_4/6,
 * STATUS_INVALID_PAGE_PROTECTION, STATUS_PRIVILEGE_NOT_HELD, STATUS_SECTION_TOO_BIG,
 * STATUS_MAPPED_FILE_SIZE_ZERO,
 * STATUS_INVALID_IMAGE_*, STATUS_COMMITMENT_LIMIT, STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS MmCreateSection(MMFILE *file, ULONGLONG maximumSize, ULONG protect,
                         ULONG attributes, MMSECTION **out)
{
    ULONG protection = MiProtectionFromPage(protect);
    ULONGLONG size = maximumSize;
    MMCONTROL *control;
    NTSTATUS status = MiCheckSection(file, protection, attributes);
    if (!NT_SUCCESS(status))
        return status;
    if (attributes & SEC_IMAGE) {
        status = MiImageControl(file, &control);
        size = NT_SUCCESS(status) ? (ULONGLONG)control->Pages << PAGE_SHIFT : 0;
    } else {
        status = file ? MiFileControl(file, &size, protection, &control)
                      : MiMemoryControl(&size, attributes, &control);
    }
    if (!NT_SUCCESS(status))
        return status;
    MMSECTION *section = ExAllocatePool(sizeof *section, MM_TAG);
    if (!section) {
        MiDereferenceControl(control);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *section = (MMSECTION){1, control, size, attributes, protect, protection};
    *out = section;
    return STATUS_SUCCESS;
}

void MmReferenceSection(MMSECTION *section)
{
    section->References++;
}

void MmDereferenceSection(MMSECTION *section)
{
    if (--section->References)
        return;
    MiDereferenceControl(section->Control);
    ExFreePool(section);
}

void MmQuerySection(MMSECTION *section, MMSECTION_FACTS *facts)
{
    *facts = section->Control->Facts;
    facts->Size = section->Size;
    facts->Attributes = section->Attributes | (section->Control->File ? 0x00800000u : 0);
    facts->Protect = section->Protect;
    facts->Name = section->Control->File ? section->Control->File->Name : "";
}

void MmDescribeImage(MMSECTION *section, ULONG_PTR base, MMIMAGEINFO *info)
{
    const MMSECTION_FACTS *facts = &section->Control->Facts;
    *info = (MMIMAGEINFO){.TransferAddress = base + facts->EntryPoint,
                          .MaximumStackSize = facts->StackReserve,
                          .CommittedStackSize = facts->StackCommit,
                          .SubSystemType = facts->Subsystem,
                          .SubSystemMinorVersion = facts->SubsystemMinor,
                          .SubSystemMajorVersion = facts->SubsystemMajor,
                          .ImageCharacteristics = facts->Characteristics,
                          .DllCharacteristics = facts->DllCharacteristics,
                          .Machine = facts->Machine,
                          .ImageContainsCode = facts->EntryPoint != 0,
                          .ImageFileSize = (ULONG)section->Size};
}

/* Files and writable only. *size comes back as what it is now. */
NTSTATUS MmExtendSection(MMSECTION *section, ULONGLONG *size)
{
    NTSTATUS status = STATUS_SUCCESS;
    if (section->Control->Kind != MiControlFile)
        return STATUS_SECTION_NOT_EXTENDED;
    if (*size > MM_HIGHEST_USER_ADDRESS)
        return STATUS_SECTION_TOO_BIG;
    MMFILE *file = section->Control->File;
    if (*size > section->Size) {
        if (*size > file->Size)
            status = MiIsWritable(section->Protection) && file->SetSize
                         ? file->SetSize(file, *size)
                         : STATUS_SECTION_NOT_EXTENDED;
        if (NT_SUCCESS(status))
            status = MiGrowControl(section->Control, MiPages(*size));
        if (NT_SUCCESS(status))
            section->Size = *size;
    }
    *size = section->Size;
    return status;
}

/* ---- views ---- */

typedef struct _MIVIEW { /* what MmMapViewOfSection was asked, in pages */
    ULONG Base, Pages, FirstPage, High;
    ULONG Protection;
    BOOLEAN TopDown;
} MIVIEW;

/* At view->Base, or where there is room if that is 0. */
static NTSTATUS MiPlaceView(MMSPACE *space, MIVIEW *view)
{
    if (view->Base) {
        MMVAD *next = MiFindVadFrom(&space->Vads, view->Base);
        return view->Base + view->Pages - 1 > MI_HIGHEST_VPN ||
                       (next && next->StartingVpn < view->Base + view->Pages)
                   ? STATUS_CONFLICTING_ADDRESSES
                   : STATUS_SUCCESS;
    }
    view->Base = MiFindGap(&space->Vads, view->Pages, view->High, view->TopDown);
    return view->Base ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* Pages that the process may come to own: copy-on-write ones. */
static ULONG MiCopyPages(const MMSECTION *section, const MIVIEW *view)
{
    const MMCONTROL *control = section->Control;
    ULONG count = 0;
    if (control->Kind != MiControlImage)
        return MiIsCopy(view->Protection) ? view->Pages : 0;
    for (ULONG i = 0; i < control->SubsectionCount; i++)
        if (MiIsCopy(control->Subsections[i].Protection))
            count += control->Subsections[i].Pages;
    return count;
}

static NTSTATUS MiInsertView(MMSPACE *space, MMSECTION *section, const MIVIEW *view)
{
    MMCONTROL *control = section->Control;
    MMVAD *vad;
    NTSTATUS status = MiCreateVad(space, view->Base, view->Base + view->Pages - 1,
                                  MiCopyPages(section, view), &vad);
    if (!NT_SUCCESS(status))
        return status == STATUS_NO_MEMORY ? STATUS_INSUFFICIENT_RESOURCES : status;
    vad->View = MiViewOf(control);
    vad->Control = control;
    vad->FirstPage = view->FirstPage;
    vad->Kind = control->Kind == MiControlImage ? MiVadImage : MiVadMapped;
    vad->Protection = view->Protection;
    vad->MostAccess = view->Protection;
    control->References++;
    return STATUS_SUCCESS;
}

/* SEC_RESERVE: the first pages of the view are committed with it. */
static NTSTATUS MiMapData(MMSECTION *section, MMSPACE *space, MIVIEW *view, SIZE_T commit)
{
    NTSTATUS status = MiPlaceView(space, view);
    if (NT_SUCCESS(status) && section->Control->Kind == MiControlMemory)
        status = MiCommitShared(section->Control, view->FirstPage,
                                min(MiPages(commit), view->Pages));
    return NT_SUCCESS(status) ? MiInsertView(space, section, view) : status;
}

/* An image goes where it was linked to, if that is free. STATUS_IMAGE_NOT_AT_BASE (a
 * success): the loader must relocate it. */
static NTSTATUS MiMapImage(MMSECTION *section, MMSPACE *space, MIVIEW *view)
{
    ULONG wanted = MiVpn(section->Control->Facts.ImageBase);
    BOOLEAN chosen = view->Base != 0;
    view->Pages = section->Control->Pages;
    view->FirstPage = 0;
    view->Protection = MM_EXECUTE_WRITECOPY;
    if (!chosen)
        view->Base = wanted;
    NTSTATUS status = MiPlaceView(space, view);
    if (!NT_SUCCESS(status) && !chosen) {
        view->Base = 0;
        status = MiPlaceView(space, view);
    }
    if (NT_SUCCESS(status))
        status = MiInsertView(space, section, view);
    return NT_SUCCESS(status) && view->Base != wanted ? STATUS_IMAGE_NOT_AT_BASE : status;
}

static NTSTATUS MiCheckView(const MMSECTION *section, PVOID base, ULONG_PTR zeroBits,
                            ULONGLONG offset, SIZE_T *size, ULONG type, ULONG protection)
{
    if (zeroBits > 21)
        return STATUS_INVALID_PARAMETER_4;
    if (type & ~(MEM_RESERVE | MEM_TOP_DOWN | ROUND_TO_PAGE))
        return STATUS_INVALID_PARAMETER_9;
    if (protection == MM_INVALID || protection & MM_GUARD & ~MM_NOACCESS)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (!(type & ROUND_TO_PAGE) && ((ULONG_PTR)base & (ALLOCATION_GRANULARITY - 1) ||
                                    offset & (ALLOCATION_GRANULARITY - 1)))
        return STATUS_MAPPED_ALIGNMENT;
    if ((ULONG_PTR)base > MM_HIGHEST_USER_ADDRESS)
        return STATUS_INVALID_PARAMETER_3;
    if (base && *size > MM_HIGHEST_USER_ADDRESS + 1 - (ULONG_PTR)base)
        return STATUS_INVALID_PARAMETER_3;
    if (section->Control->Kind == MiControlImage)
        return STATUS_SUCCESS;
    if (offset >= section->Size || *size > section->Size - offset)
        return STATUS_INVALID_VIEW_SIZE;
    if (!*size)
        *size = (SIZE_T)(section->Size - offset);
    return MiMayView(section->Protection, protection) ? STATUS_SUCCESS
                                                      : STATUS_SECTION_PROTECTION;
}

/* *base NULL: anywhere; *viewSize 0: to the section's end; both come back as mapped.
 * STATUS_IMAGE_NOT_AT_BASE, STATUS_INVALID_PARAMETER_3/4/9, STATUS_MAPPED_ALIGNMENT,
 * STATUS_INVALID_VIEW_SIZE, STATUS_SECTION_PROTECTION, STATUS_CONFLICTING_ADDRESSES,
 * STATUS_NO_MEMORY, STATUS_COMMITMENT_LIMIT: nothing was changed. */
NTSTATUS MmMapViewOfSection(MMSECTION *section, MMSPACE *space, PVOID *base,
                            ULONG_PTR zeroBits, SIZE_T commit, LARGE_INTEGER *offset,
                            SIZE_T *viewSize, ULONG allocationType, ULONG protect)
{
    ULONG protection = MiProtectionFromPage(protect);
    ULONGLONG start = offset ? (ULONGLONG)offset->QuadPart : 0;
    SIZE_T size = *viewSize;
    if (allocationType & ROUND_TO_PAGE) { /* both down, as the pages of a section are */
        *base = (PVOID)ALIGN_DOWN((ULONG_PTR)*base, PAGE_SIZE);
        start = offset->QuadPart &= -(LONGLONG)PAGE_SIZE;
    }
    NTSTATUS status =
        MiCheckView(section, *base, zeroBits, start, &size, allocationType, protection);
    if (!NT_SUCCESS(status))
        return status;
    if (space->Closed)
        return STATUS_PROCESS_IS_TERMINATING;
    ULONG_PTR high = zeroBits ? 0xFFFFFFFFu >> zeroBits : MM_HIGHEST_USER_ADDRESS;
    if (high > MM_HIGHEST_USER_ADDRESS)
        high = MM_HIGHEST_USER_ADDRESS;
    MIVIEW view = {MiVpn(*base), MiPages(size), (ULONG)(start >> PAGE_SHIFT),
                   MiVpn(high),  protection,    (allocationType & MEM_TOP_DOWN) != 0};
    if (section->Attributes & SEC_UNCACHED && !MiTraps(protection))
        view.Protection |= MM_NOCACHE;
    MMSPACE *back = MmAttachSpace(space);
    status = section->Control->Kind == MiControlImage
                 ? MiMapImage(section, space, &view)
                 : MiMapData(section, space, &view, commit);
    MmAttachSpace(back);
    if (NT_SUCCESS(status)) {
        *base = (PVOID)MiAddress(view.Base);
        *viewSize = MiAddress(view.Pages);
    }
    return status;
}

/* base: anywhere in the view. STATUS_NOT_MAPPED_VIEW. */
NTSTATUS MmUnmapViewOfSection(MMSPACE *space, PVOID base)
{
    MMVAD *vad = MiVadAt(space, (ULONG_PTR)base);
    if (!vad || !vad->View)
        return STATUS_NOT_MAPPED_VIEW;
    MMSPACE *back = MmAttachSpace(space);
    MiDeleteVad(space, vad);
    MmAttachSpace(back);
    return STATUS_SUCCESS;
}

/* Bring every page now, so that what follows brings none. STATUS_NO_MEMORY,
 * STATUS_IN_PAGE_ERROR. */
NTSTATUS MmPrefetchSection(MMSECTION *section)
{
    PFN_NUMBER pfn;
    NTSTATUS status = STATUS_SUCCESS;
    for (ULONG page = 0; NT_SUCCESS(status) && page < section->Control->Pages; page++)
        if (section->Control->Kind != MiControlImage ||
            MiFindSubsection(section->Control, page))
            status = MiFetchShared(section->Control, page, 0, &pfn);
    return status;
}

BOOLEAN MmFindView(MMSPACE *space, ULONG_PTR address, ULONG_PTR *base, SIZE_T *size,
                   BOOLEAN *image)
{
    MMVAD *vad = MiVadAt(space, address);
    if (!vad || vad->Kind == MiVadPrivate)
        return FALSE;
    *base = MiAddress(vad->StartingVpn);
    *size = MiAddress(vad->EndingVpn - vad->StartingVpn + 1);
    *image = vad->Kind == MiVadImage;
    return TRUE;
}

BOOLEAN MmFindImage(MMSPACE *space, ULONG_PTR address, ULONG_PTR *base, SIZE_T *size,
                    MMFILE **file)
{
    BOOLEAN image;
    if (!MmFindView(space, address, base, size, &image) || !image)
        return FALSE;
    *file = MiFindVad(&space->Vads, MiVpn(address))->Control->File;
    return TRUE;
}

/* ---- NtFlushVirtualMemory ---- */

/* Writes that the view's PTEs have seen go to the control, then to the file. */
static NTSTATUS MiFlushView(MMSPACE *space, ULONG first, ULONG last)
{
    MMVAD *vad = MiFindVad(&space->Vads, first);
    if (!vad || vad->Kind != MiVadMapped)
        return vad && vad->Kind ? STATUS_NOT_MAPPED_DATA : STATUS_NOT_MAPPED_VIEW;
    if (last > vad->EndingVpn)
        return STATUS_INVALID_PARAMETER_2;
    for (ULONG vpn = first; (vpn = MiNextUsed(vpn, last)) <= last; vpn++) {
        MMPTE pte = *MiPteOfVpn(vpn);
        if (!(pte.Low & PTE_VALID) || !(pte.Low & PTE_DIRTY) ||
            MiPfn(MiPtePfn(pte))->Use != MmPageShared)
            continue;
        vad->Control->Shared[MiVadPage(vad, vpn)].Dirty = 1;
        pte.Low &= ~PTE_DIRTY;
        MiSetPte(MiPteOfVpn(vpn), pte);
    }
    MiFlushControl(vad->Control);
    return STATUS_SUCCESS;
}

/* *base, *size in bytes, size 0: to the view's end; rounded to pages on return. */
NTSTATUS NTAPI NtFlushVirtualMemory(HANDLE process, PVOID *userBase, PSIZE_T userSize,
                                    PIO_STATUS_BLOCK iosb)
{
    MIREQUEST range;
    MMSPACE *space;
    NTSTATUS status = MiCaptureRange(userBase, userSize, &range);
    if (NT_SUCCESS(status))
        status = MmProbeForWrite(iosb, sizeof *iosb, 4);
    if (NT_SUCCESS(status))
        status = MiCheckRange(range.Base, range.Size, STATUS_INVALID_PARAMETER_2,
                              STATUS_INVALID_PARAMETER_2);
    if (NT_SUCCESS(status))
        status = MiReferenceProcess(process, PROCESS_VM_OPERATION, &space);
    if (!NT_SUCCESS(status))
        return status;
    MMVAD *vad = MiFindVad(&space->Vads, MiVpn(range.Base));
    ULONG first = MiVpn(range.Base), last = MiLastVpn(&range);
    if (!range.Size)
        last = vad ? vad->EndingVpn : first;
    MMSPACE *back = MmAttachSpace(space);
    status = MiFlushView(space, first, last);
    MmAttachSpace(back);
    MiDereference(space);
    IO_STATUS_BLOCK result = {.Status = status, .Information = 0};
    if (NT_SUCCESS(status)) {
        range = (MIREQUEST){(PVOID)MiAddress(first), MiAddress(last - first + 1)};
        MiReturnRange(userBase, userSize, &range);
        MmCopyToUser(iosb, &result, sizeof result);
    }
    return status;
}
