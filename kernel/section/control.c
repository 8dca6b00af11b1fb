/* control.c - the pages that sections show: MMCONTROL.
 *
 * A control holds one page array for one thing that can be shown in views: a piece of
 * memory (the "page file"), a file's data, or a file as an image.  All sections and views
 * of a file share its control, hence its pages:
 *
 *      section --+                        +-- view in process A --- PTEs --+
 *      section --+--> MMCONTROL.Shared[] -+-- view in process B --- PTEs --+--> page
 *                          |
 *                          +--> MMFILE, which brings a page and takes it back
 *
 * A page is brought at its first touch and stays until the last section and view are
 * gone; then changed pages are written back.  All pages are charged when the control is
 * made (SEC_RESERVE: when they are committed), so that a touch finds one.
 *
 * S1  ShareCount of a present page = 1 + the PTEs that show it
 * S2  Charge = Pages, or for SEC_RESERVE the pages that are Committed
 *
 * Windows: CONTROL_AREA, SUBSECTION, SEGMENT with its prototype PTEs; `!ca`.
 */
#include "mm/mmp.h"
#include "section/shared.h"

LIST_ENTRY MiControls = {&MiControls, &MiControls};

/* One reference. charge: the pages are committed now. NULL: no memory, *status says
 * which. */
MMCONTROL *MiNewControl(MICONTROLKIND kind, MMFILE *file, ULONG pages, BOOLEAN charge,
                        NTSTATUS *status)
{
    *status = STATUS_COMMITMENT_LIMIT;
    if (charge && !MiChargeCommit(pages))
        return NULL;
    MMCONTROL *control = ExAllocatePool(sizeof *control, MM_TAG);
    MMSHARED *shared = ExAllocatePool(pages * sizeof *shared, MM_TAG);
    if (!control || !shared) {
        *status = STATUS_INSUFFICIENT_RESOURCES;
        ExFreePool(control);
        ExFreePool(shared);
        MiReturnCommit(charge ? pages : 0);
        return NULL;
    }
    for (ULONG i = 0; i < pages; i++)
        shared[i].Committed = charge;
    control->References = 1;
    control->Kind = kind;
    control->File = file;
    control->Pages = pages;
    control->Charge = charge ? pages : 0;
    control->Shared = shared;
    InsertTailList(&MiControls, &control->Links);
    if (file)
        file->Reference(file);
    *status = STATUS_SUCCESS;
    return control;
}

/* A file grew: more pages.  STATUS_COMMITMENT_LIMIT, STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS MiGrowControl(MMCONTROL *control, ULONG pages)
{
    if (pages <= control->Pages)
        return STATUS_SUCCESS;
    ULONG more = pages - control->Pages;
    if (!MiChargeCommit(more))
        return STATUS_COMMITMENT_LIMIT;
    MMSHARED *shared = ExAllocatePool(pages * sizeof *shared, MM_TAG);
    if (!shared) {
        MiReturnCommit(more);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (ULONG i = 0; i < pages; i++)
        shared[i] = i < control->Pages ? control->Shared[i] : (MMSHARED){.Committed = 1};
    ExFreePool(control->Shared);
    control->Shared = shared;
    control->Pages = pages;
    control->Charge += more;
    return STATUS_SUCCESS;
}

static void MiWriteBack(MMCONTROL *control, ULONG page)
{
    MMFILE *file = control->File;
    ULONGLONG offset = (ULONGLONG)page << PAGE_SHIFT;
    if (offset >= file->Size)
        return;
    ULONG length =
        file->Size - offset < PAGE_SIZE ? (ULONG)(file->Size - offset) : PAGE_SIZE;
    void *data = MiMapPage(control->Shared[page].Pfn, 2);
    if (NT_SUCCESS(file->Write(file, offset, data, length)))
        control->Shared[page].Dirty = 0;
}

/* Write back the pages whose Dirty is set: those whose PTEs reported a write. */
void MiFlushControl(MMCONTROL *control)
{
    if (control->Kind != MiControlFile || !control->File->Write)
        return;
    for (ULONG page = 0; page < control->Pages; page++)
        if (control->Shared[page].Present && control->Shared[page].Dirty)
            MiWriteBack(control, page);
}

void MiDereferenceControl(MMCONTROL *control)
{
    if (--control->References)
        return;
    MiFlushControl(control);
    for (ULONG page = 0; page < control->Pages; page++)
        if (control->Shared[page].Present)
            PageFree(control->Shared[page].Pfn);
    MiReturnCommit(control->Charge);
    RemoveEntryList(&control->Links);
    MMFILE *file = control->File;
    if (file && file->ImageControl == control)
        file->ImageControl = NULL;
    if (file && file->DataControl == control)
        file->DataControl = NULL;
    ExFreePool(control->Subsections);
    ExFreePool(control->Shared);
    ExFreePool(control);
    if (file)
        file->Dereference(file);
}

/* NULL: between the parts of an image; nothing is there. */
const MMSUBSECTION *MiFindSubsection(const MMCONTROL *control, ULONG page)
{
    for (ULONG i = 0; i < control->SubsectionCount; i++) {
        const MMSUBSECTION *part = &control->Subsections[i];
        if (page >= part->FirstPage && page < part->FirstPage + part->Pages)
            return part;
    }
    return NULL;
}

/* Where in its file a page's bytes lie, and how many there are; the rest is zero. */
static ULONG MiFileBytes(const MMCONTROL *control, ULONG page, ULONGLONG *offset)
{
    ULONGLONG at = (ULONGLONG)page << PAGE_SHIFT,
              size = control->File ? control->File->Size : 0;
    *offset = at;
    if (control->Kind == MiControlImage) {
        const MMSUBSECTION *part = MiFindSubsection(control, page);
        at = (ULONGLONG)(page - part->FirstPage) << PAGE_SHIFT;
        size = part->FileBytes;
        *offset = part->FileOffset + at;
    }
    if (at >= size)
        return 0;
    return size - at < PAGE_SIZE ? (ULONG)(size - at) : PAGE_SIZE;
}

/* The page, brought if it is not there yet; address: where it will be seen first, for the event,
 * or 0. STATUS_NO_MEMORY, STATUS_IN_PAGE_ERROR. */
NTSTATUS MiFetchShared(MMCONTROL *control, ULONG page, ULONG_PTR address, PFN_NUMBER *out)
{
    MMSHARED *shared = &control->Shared[page];
    if (!shared->Present) {
        ULONGLONG offset;
        ULONG length = MiFileBytes(control, page, &offset);
        PFN_NUMBER pfn = PageAlloc(MmPageShared, MM_PAGE_ZEROED, address);
        if (pfn == PFN_NONE)
            return STATUS_NO_MEMORY;
        if (length && !NT_SUCCESS(control->File->Read(control->File, offset,
                                                      MiMapPage(pfn, 2), length))) {
            PageFree(pfn);
            return STATUS_IN_PAGE_ERROR;
        }
        shared->Pfn = pfn;
        shared->Present = 1;
    }
    *out = shared->Pfn;
    return STATUS_SUCCESS;
}

/* Of a section made with SEC_RESERVE. */
NTSTATUS MiCommitShared(MMCONTROL *control, ULONG page, ULONG count)
{
    MMSHARED *shared = &control->Shared[page];
    ULONG more = 0;
    for (ULONG i = 0; i < count; i++)
        more += !shared[i].Committed;
    if (!MiChargeCommit(more))
        return STATUS_COMMITMENT_LIMIT;
    control->Charge += more;
    for (ULONG i = 0; i < count; i++)
        shared[i].Committed = 1;
    return STATUS_SUCCESS;
}

/* ---- what a view lets mm ask: MMVIEW ---- */

static NTSTATUS MiViewFetch(const MMVAD *vad, ULONG vpn, PFN_NUMBER *pfn)
{
    return MiFetchShared(vad->Control, MiVadPage(vad, vpn), MiAddress(vpn), pfn);
}

static ULONG MiViewProtection(const MMVAD *vad, ULONG vpn)
{
    BOOLEAN committed = vad->Control->Shared[MiVadPage(vad, vpn)].Committed;
    return committed ? vad->Protection : MM_DECOMMIT;
}

static ULONG MiViewAlikeTo(const MMVAD *vad, ULONG vpn, ULONG last)
{
    const MMCONTROL *control = vad->Control;
    const MMSHARED *page = &control->Shared[MiVadPage(vad, vpn)], *at = page;
    if (control->Charge == control->Pages) /* all of them are committed */
        return last;
    while (vpn < last && (++at)->Committed == page->Committed)
        vpn++;
    return vpn;
}

static ULONG MiImageProtection(const MMVAD *vad, ULONG vpn)
{
    const MMSUBSECTION *part = MiFindSubsection(vad->Control, MiVadPage(vad, vpn));
    return part ? part->Protection : MM_DECOMMIT;
}

static ULONG MiImageAlikeTo(const MMVAD *vad, ULONG vpn, ULONG last)
{
    ULONG page = MiVadPage(vad, vpn);
    const MMSUBSECTION *part = MiFindSubsection(vad->Control, page);
    ULONG end = part ? vpn + (part->FirstPage + part->Pages - 1 - page) : vpn;
    return end < last ? end : last;
}

static NTSTATUS MiViewCommit(const MMVAD *vad, ULONG first, ULONG last, ULONG protection)
{
    ULONG old;
    (void)vad;
    return MiProtectPages(MiCurrentSpace, first, last, protection, TRUE, &old);
}

/* As on Windows: the caller may not commit pages of a file or an image. */
static NTSTATUS MiFileCommit(const MMVAD *vad, ULONG first, ULONG last, ULONG protection)
{
    (void)first, (void)last, (void)protection;
    return vad->Kind == MiVadImage ? STATUS_CONFLICTING_ADDRESSES
                                   : STATUS_ALREADY_COMMITTED;
}

static void MiViewWrote(const MMVAD *vad, ULONG vpn)
{
    vad->Control->Shared[MiVadPage(vad, vpn)].Dirty = 1;
}

static void MiViewRelease(const MMVAD *vad)
{
    MiDereferenceControl(vad->Control);
}

const MMVIEW *MiViewOf(const MMCONTROL *control)
{
    static const MMVIEW views[] = {
        [MiControlMemory] = {MiViewFetch, MiViewProtection, MiViewAlikeTo, MiViewCommit,
                             MiViewWrote, MiViewRelease, STATUS_SUCCESS},
        [MiControlFile] = {MiViewFetch, MiViewProtection, MiViewAlikeTo, MiFileCommit,
                           MiViewWrote, MiViewRelease, STATUS_USER_MAPPED_FILE},
        [MiControlImage] = {MiViewFetch, MiImageProtection, MiImageAlikeTo, MiFileCommit,
                            MiViewWrote, MiViewRelease, STATUS_USER_MAPPED_FILE},
    };
    return &views[control->Kind];
}
