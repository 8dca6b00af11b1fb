/* section.c - sections as services: NtCreateSection and what is done with its handle.
 *
 * The object is a thin coat around an MMSECTION; mm does the work and knows nothing of
 * handles. What a handle's access rights allow a view to be is tested here, what the
 * section itself allows, in mm.
 *
 * Source: "File Mapping Security and Access Rights" and CreateFileMapping in the Win32
 * documentation, ZwCreateSection and ZwMapViewOfSection in the WDK.
 */
#include "ex/ex.h"
#include "kd/kd.h"
#include "services.h"

typedef struct _EXSECTION {
    MMSECTION *Section;
} EXSECTION;

static void ExpDeleteSection(void *body)
{
    EXSECTION *object = body;
    if (object->Section)
        MmDereferenceSection(object->Section);
}

const OBTYPE ExSectionType = {
    .Name = "Section",
    .Delete = ExpDeleteSection,
    .ValidAccess = SECTION_ALL_ACCESS | SYNCHRONIZE,
    .Generic = {STANDARD_RIGHTS_READ | SECTION_QUERY | SECTION_MAP_READ,
                STANDARD_RIGHTS_WRITE | SECTION_MAP_WRITE,
                STANDARD_RIGHTS_EXECUTE | SECTION_MAP_EXECUTE, SECTION_ALL_ACCESS},
};

/* What a file handle must allow for a section of this protection. */
static ACCESS_MASK ExpFileAccess(ULONG protect)
{
    ULONG access = protect & 0xFF, need = FILE_READ_DATA;
    if (access == PAGE_READWRITE || access == PAGE_EXECUTE_READWRITE)
        need |= FILE_WRITE_DATA;
    if (access & (PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE |
                  PAGE_EXECUTE_WRITECOPY))
        need |= FILE_EXECUTE;
    return need;
}

static NTSTATUS ExpMakeSection(HANDLE file, ULONGLONG size, ULONG protect,
                               ULONG attributes, void **body)
{
    MMFILE *mmFile = NULL;
    MMSECTION *section;
    NTSTATUS status = STATUS_SUCCESS;
    if (file)
        status = IoReferenceMmFile(file, ExpFileAccess(protect), &mmFile);
    if (!NT_SUCCESS(status))
        return status;
    status = MmCreateSection(mmFile, size, protect, attributes, &section);
    if (mmFile)
        mmFile->Dereference(mmFile);
    if (!NT_SUCCESS(status))
        return status;
    status = ObCreateObject(&ExSectionType, sizeof(EXSECTION), body);
    if (!NT_SUCCESS(status)) {
        MmDereferenceSection(section);
        return status;
    }
    ((EXSECTION *)*body)->Section = section;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtCreateSection(PHANDLE handle, ACCESS_MASK access,
                               POBJECT_ATTRIBUTES user, PLARGE_INTEGER maximumSize,
                               ULONG protect, ULONG attributes, HANDLE file)
{
    OBATTRIBUTES captured;
    ULONGLONG size = 0;
    void *body;
    NTSTATUS status = MmProbeForWrite(handle, sizeof *handle, 4);
    if (NT_SUCCESS(status) && maximumSize)
        status = MmCopyFromUser(&size, maximumSize, sizeof size);
    if (NT_SUCCESS(status))
        status = ObCaptureAttributes(user, &captured);
    if (!NT_SUCCESS(status))
        return status;
    status = ExpMakeSection(file, size, protect, attributes, &body);
    if (NT_SUCCESS(status))
        return ObInsertNamed(body, &captured, access, handle);
    ObReleaseAttributes(&captured);
    return status;
}

OB_OPEN_SERVICE(NtOpenSection, ExSectionType)

/* What a section handle must allow for a view of this protection. */
static ACCESS_MASK ExpViewAccess(ULONG protect)
{
    switch (protect & 0xFF) {
    case PAGE_READWRITE:
        return SECTION_MAP_WRITE;
    case PAGE_EXECUTE:
        return SECTION_MAP_EXECUTE;
    case PAGE_EXECUTE_READ:
    case PAGE_EXECUTE_WRITECOPY:
        return SECTION_MAP_EXECUTE | SECTION_MAP_READ;
    case PAGE_EXECUTE_READWRITE:
        return SECTION_MAP_EXECUTE | SECTION_MAP_WRITE;
    default:
        return SECTION_MAP_READ;
    }
}

static NTSTATUS ExpReferenceSection(HANDLE handle, ACCESS_MASK access,
                                    MMSECTION **section)
{
    void *body;
    NTSTATUS status = ObReferenceHandle(handle, &ExSectionType, access, &body);
    if (!NT_SUCCESS(status))
        return status;
    *section = ((EXSECTION *)body)->Section;
    MmReferenceSection(*section);
    ObDereferenceObject(body);
    return STATUS_SUCCESS;
}

typedef struct _EXVIEW { /* the in-out arguments of NtMapViewOfSection, copied */
    PVOID Base;
    SIZE_T Size;
    LARGE_INTEGER Offset;
} EXVIEW;

static NTSTATUS ExpCaptureView(PVOID *base, PLARGE_INTEGER offset, PSIZE_T size,
                               EXVIEW *view)
{
    NTSTATUS status = ObCaptureInOut(base, &view->Base, sizeof view->Base);
    view->Offset.QuadPart = 0;
    if (NT_SUCCESS(status))
        status = ObCaptureInOut(size, &view->Size, sizeof view->Size);
    if (NT_SUCCESS(status) && offset)
        status = ObCaptureInOut(offset, &view->Offset, sizeof view->Offset);
    return status;
}

static void ExpTraceMap(MMSECTION *section, MMSPACE *space, const EXVIEW *view,
                        ULONG protect)
{
    MMSECTION_FACTS facts;
    MmQuerySection(section, &facts);
    if (facts.Attributes & SEC_IMAGE)
        KD_TRACE(ModuleLoad, (ULONG)view->Base, view->Size, PsIdOfSpace(space),
                 (ULONG)facts.Name);
    else
        KD_TRACE(SectionMap, (ULONG)view->Base, view->Size, protect, PsIdOfSpace(space),
                 (ULONG)facts.Name);
}

NTSTATUS NTAPI NtMapViewOfSection(HANDLE handle, HANDLE process, PVOID *base,
                                  ULONG_PTR zeroBits, SIZE_T commit,
                                  PLARGE_INTEGER offset, PSIZE_T size, ULONG inherit,
                                  ULONG type, ULONG protect)
{
    EXVIEW view;
    MMSECTION *section;
    MMSPACE *space;
    if (inherit != 1 && inherit != 2) /* ViewShare, ViewUnmap */
        return STATUS_INVALID_PARAMETER_8;
    NTSTATUS status = ExpCaptureView(base, offset, size, &view);
    if (NT_SUCCESS(status))
        status = ExpReferenceSection(handle, ExpViewAccess(protect), &section);
    if (!NT_SUCCESS(status))
        return status;
    status = MmReferenceSpaceByHandle(process, PROCESS_VM_OPERATION, &space);
    if (NT_SUCCESS(status)) {
        status = MmMapViewOfSection(section, space, &view.Base, zeroBits, commit,
                                    &view.Offset, &view.Size, type, protect);
        if (NT_SUCCESS(status))
            ExpTraceMap(section, space, &view, protect);
        MmDereferenceSpace(space);
    }
    if (NT_SUCCESS(status)) {
        MmCopyToUser(base, &view.Base, sizeof view.Base);
        MmCopyToUser(size, &view.Size, sizeof view.Size);
        ObReturnOptional(offset, &view.Offset, sizeof view.Offset);
    }
    MmDereferenceSection(section);
    return status;
}

NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE process, PVOID base)
{
    MMSPACE *space;
    ULONG_PTR start;
    SIZE_T size;
    BOOLEAN image;
    NTSTATUS status = MmReferenceSpaceByHandle(process, PROCESS_VM_OPERATION, &space);
    if (!NT_SUCCESS(status))
        return status;
    const BOOLEAN view = MmFindView(space, (ULONG_PTR)base, &start, &size, &image);
    status = MmUnmapViewOfSection(space, base);
    if (NT_SUCCESS(status) && view && image)
        KD_TRACE(ModuleUnload, start, size, PsIdOfSpace(space));
    else if (NT_SUCCESS(status) && view)
        KD_TRACE(SectionUnmap, start, size, PsIdOfSpace(space));
    MmDereferenceSpace(space);
    return status;
}

NTSTATUS NTAPI NtExtendSection(HANDLE handle, PLARGE_INTEGER userSize)
{
    ULONGLONG size;
    MMSECTION *section;
    NTSTATUS status = ObCaptureInOut(userSize, &size, sizeof size);
    if (NT_SUCCESS(status))
        status = ExpReferenceSection(handle, SECTION_EXTEND_SIZE, &section);
    if (!NT_SUCCESS(status))
        return status;
    status = MmExtendSection(section, &size);
    MmDereferenceSection(section);
    return NT_SUCCESS(status) ? MmCopyToUser(userSize, &size, sizeof size) : status;
}

/* ---- NtQuerySection: SectionBasicInformation and SectionImageInformation of Windows 7
 * ---- */

typedef struct _EXSECTIONBASIC {
    PVOID BaseAddress;
    ULONG AllocationAttributes;
    LARGE_INTEGER MaximumSize;
} EXSECTIONBASIC;

NTSTATUS NTAPI NtQuerySection(HANDLE handle, ULONG class, PVOID buffer, SIZE_T length,
                              PSIZE_T returned)
{
    union {
        EXSECTIONBASIC Basic;
        MMIMAGEINFO Image;
    } info = {0};
    MMSECTION *section;
    MMSECTION_FACTS facts;
    if (class > 1)
        return STATUS_INVALID_INFO_CLASS;
    SIZE_T size = class ? sizeof info.Image : sizeof info.Basic;
    if (length < size)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = ExpReferenceSection(handle, SECTION_QUERY, &section);
    if (!NT_SUCCESS(status))
        return status;
    MmQuerySection(section, &facts);
    if (class)
        MmDescribeImage(section, facts.ImageBase, &info.Image);
    MmDereferenceSection(section);
    if (class && !(facts.Attributes & SEC_IMAGE))
        return STATUS_SECTION_NOT_IMAGE;
    if (!class) {
        info.Basic.AllocationAttributes = facts.Attributes;
        info.Basic.MaximumSize.QuadPart = (LONGLONG)facts.Size;
    }
    status = MmCopyToUser(buffer, &info, size);
    return NT_SUCCESS(status) ? ObReturnOptional(returned, &size, sizeof size) : status;
}
