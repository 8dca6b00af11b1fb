/* fileinfo.c - NtQueryInformationFile, NtSetInformationFile,
 * NtQueryVolumeInformationFile.
 *
 * Structures are winternl.h's.  Access and change times are the write time: the tree
 * keeps one.
 */
#include "pipe.h"
#include "services.h"

void IopFillBasic(const IONODE *node, FILE_BASIC_INFORMATION *basic)
{
    memset(basic, 0, sizeof *basic);
    basic->FileAttributes = node != NULL ? node->Attributes : FILE_ATTRIBUTE_NORMAL;
    if (node == NULL)
        return;
    basic->CreationTime.QuadPart = node->CreationTime;
    basic->LastAccessTime.QuadPart = basic->LastWriteTime.QuadPart =
        basic->ChangeTime.QuadPart = node->WriteTime;
}

void IopFillNetwork(const IONODE *node, FILE_NETWORK_OPEN_INFORMATION *network)
{
    FILE_BASIC_INFORMATION basic;
    const ULONGLONG size = node == NULL || node->Directory ? 0 : node->File.Size;
    IopFillBasic(node, &basic);
    memset(network, 0, sizeof *network); /* its padding goes to the program, too */
    memcpy(network, &basic, IOP_TIMES);
    network->FileAttributes = basic.FileAttributes;
    network->AllocationSize.QuadPart = ALIGN_UP(size, PAGE_SIZE);
    network->EndOfFile.QuadPart = size;
}

/* *standard: zeros. */
static void IopFillStandard(const IOFILE *file, FILE_STANDARD_INFORMATION *standard)
{
    const IONODE *node = file->Node;
    FILE_NETWORK_OPEN_INFORMATION network;
    standard->NumberOfLinks = 1;
    IopFillNetwork(node, &network);
    standard->AllocationSize = network.AllocationSize;
    standard->EndOfFile = network.EndOfFile;
    standard->DeletePending = file->DeleteOnClose || (node && node->DeletePending);
    standard->Directory = node && node->Directory;
}

/* \dir\file, from the root of the volume; returns characters, of which room may hold
 * fewer. */
static ULONG IopFullName(const IONODE *node, WCHAR *name, ULONG room)
{
    ULONG length = 0;
    for (const IONODE *n = node; n != NULL && n->Parent != NULL; n = n->Parent)
        length += n->Name.Length + 1;
    ULONG at = length;
    for (const IONODE *n = node; at > 0; n = n->Parent) {
        for (ULONG i = n->Name.Length; i-- > 0;)
            if (--at < room)
                name[at] = n->Name.Text[i];
        if (--at < room)
            name[at] = '\\';
    }
    if (length != 0)
        return length;
    name[0] = '\\';
    return 1;
}

/* FILE_NAME_INFORMATION at an offset of the answer (0, or the end of
 * FILE_ALL_INFORMATION): as much of the name as fits, STATUS_BUFFER_OVERFLOW if not all. */
static NTSTATUS IopReturnName(const IONODE *node, UCHAR *user, ULONG length, ULONG offset,
                              ULONG *done)
{
    WCHAR name[MAX_PATH];
    const ULONG bytes = IopFullName(node, name, MAX_PATH) * sizeof(WCHAR);
    const ULONG text = offset + sizeof(ULONG);
    if (length < text)
        return STATUS_INFO_LENGTH_MISMATCH;
    ULONG part = length - text < bytes ? length - text : bytes;
    if (part > sizeof name)
        part = sizeof name;
    NTSTATUS status = MmCopyToUser(user + offset, &bytes, sizeof bytes);
    if (NT_SUCCESS(status))
        status = MmCopyToUser(user + text, name, part);
    *done = text + part;
    return NT_SUCCESS(status) && part < bytes ? STATUS_BUFFER_OVERFLOW : status;
}

static NTSTATUS IopReturnAll(const IOFILE *file, ACCESS_MASK granted, UCHAR *user,
                             ULONG length, ULONG *done)
{
    FILE_ALL_INFORMATION all;
    const ULONG head = offsetof(FILE_ALL_INFORMATION, NameInformation);
    memset(&all, 0, sizeof all);
    if (length < head + sizeof(ULONG))
        return STATUS_INFO_LENGTH_MISMATCH;
    IopFillBasic(file->Node, &all.BasicInformation);
    IopFillStandard(file, &all.StandardInformation);
    all.InternalInformation.IndexNumber.QuadPart =
        file->Node != NULL ? file->Node->Id : 0;
    all.AccessInformation.AccessFlags = granted;
    all.PositionInformation.CurrentByteOffset.QuadPart = file->Position;
    NTSTATUS status = MmCopyToUser(user, &all, head);
    return NT_SUCCESS(status) ? IopReturnName(file->Node, user, length, head, done)
                              : status;
}

typedef union {
    FILE_BASIC_INFORMATION Basic;
    FILE_STANDARD_INFORMATION Standard;
    FILE_INTERNAL_INFORMATION Internal;
    ULONG Number;
    FILE_ACCESS_INFORMATION Access;
    FILE_POSITION_INFORMATION Position;
    FILE_MODE_INFORMATION Mode;
    FILE_NETWORK_OPEN_INFORMATION Network;
    FILE_ATTRIBUTE_TAG_INFORMATION Tag;
    FILE_PIPE_INFORMATION Modes;
    FILE_PIPE_LOCAL_INFORMATION Pipe;
} ANSWER;

/* The bytes of a class's structure, 0 for a class there is not. */
static ULONG IopFill(const IOFILE *file, ACCESS_MASK granted, ULONG class, ANSWER *answer)
{
    memset(answer, 0, sizeof *answer);
    switch (class) {
    case FileBasicInformation:
        IopFillBasic(file->Node, &answer->Basic);
        return sizeof answer->Basic;
    case FileStandardInformation:
        IopFillStandard(file, &answer->Standard);
        return sizeof answer->Standard;
    case FileInternalInformation:
        answer->Internal.IndexNumber.QuadPart = file->Node != NULL ? file->Node->Id : 0;
        return sizeof answer->Internal;
    case FileEaInformation: /* there are none, and memory may be aligned as it likes */
    case FileAlignmentInformation:
        return sizeof answer->Number;
    case FileAccessInformation:
        answer->Access.AccessFlags = granted;
        return sizeof answer->Access;
    case FilePositionInformation:
        answer->Position.CurrentByteOffset.QuadPart = file->Position;
        return sizeof answer->Position;
    case FileModeInformation:
        answer->Mode.Mode =
            file->Options &
            (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT |
             FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY | FILE_DELETE_ON_CLOSE);
        return sizeof answer->Mode;
    case FilePipeInformation:
        answer->Modes = (FILE_PIPE_INFORMATION){file->ReadMode, file->CompletionMode};
        return sizeof answer->Modes;
    case FilePipeLocalInformation:
        IopFillPipe(file, &answer->Pipe);
        return sizeof answer->Pipe;
    case FileNetworkOpenInformation:
        IopFillNetwork(file->Node, &answer->Network);
        return sizeof answer->Network;
    case FileAttributeTagInformation:
        answer->Tag.FileAttributes =
            file->Node != NULL ? file->Node->Attributes : FILE_ATTRIBUTE_NORMAL;
        return sizeof answer->Tag;
    default:
        return 0;
    }
}

/* size: 0, there is no such class. */
static NTSTATUS IopReturnAnswer(const void *answer, ULONG size, PVOID user, ULONG length)
{
    return size == 0       ? STATUS_INVALID_INFO_CLASS
           : length < size ? STATUS_INFO_LENGTH_MISMATCH
                           : MmCopyToUser(user, answer, size);
}

NTSTATUS NTAPI NtQueryInformationFile(HANDLE handle, PIO_STATUS_BLOCK userIosb,
                                      PVOID user, ULONG length,
                                      FILE_INFORMATION_CLASS class)
{
    IOFILE *file;
    ACCESS_MASK granted;
    ANSWER answer;
    IOPIPE *pipe;
    ULONG done = 0;
    NTSTATUS status =
        ObReferenceObjectByHandle(handle, &IoFileType, 0, (void **)&file, &granted);
    if (!NT_SUCCESS(status))
        return status;
    if (class == FilePipeInformation || class == FilePipeLocalInformation)
        status = IopFindEnd(file, &pipe);
    if (!NT_SUCCESS(status)) {
        ; /* not an end of a pipe, or not any more */
    } else if (class == FileNameInformation) {
        status = file->Node != NULL ? IopReturnName(file->Node, user, length, 0, &done)
                                    : STATUS_INVALID_DEVICE_REQUEST;
    } else if (class == FileAllInformation) {
        status = IopReturnAll(file, granted, user, length, &done);
    } else {
        done = IopFill(file, granted, class, &answer);
        status = IopReturnAnswer(&answer, done, user, length);
    }
    ObDereferenceObject(file);
    return NT_ERROR(status) ? status : IopReturnIosb(userIosb, status, done);
}

/* ---- volume ---- */

/* Device types of wdm.h, FILE_DEVICE_*. */
enum { DeviceDisk = 7, DeviceNamedPipe = 0x11, DeviceNull = 0x15, DeviceConsole = 0x50 };

static ULONG IopFillVolume(const IOFILE *file, ULONG class, ULONG *answer)
{
    static const UCHAR devices[] = {[IopDisk] = DeviceDisk,
                                    [IopConsole] = DeviceConsole,
                                    [IopHost] = DeviceNamedPipe,
                                    [IopNull] = DeviceNull,
                                    [IopPipe] = DeviceNamedPipe};
    FATHOM_MEMORY memory;
    FILE_FS_VOLUME_INFORMATION *volume = (void *)answer;
    FILE_FS_ATTRIBUTE_INFORMATION *attribute = (void *)answer;
    switch (class) {
    case FileFsVolumeInformation:
        volume->VolumeSerialNumber = 0xFA740000;
        volume->VolumeLabelLength = 6 * sizeof(WCHAR);
        memcpy(volume->VolumeLabel, L"FATHOM", 6 * sizeof(WCHAR));
        return offsetof(FILE_FS_VOLUME_INFORMATION, VolumeLabel) + 6 * sizeof(WCHAR);
    case FileFsSizeInformation: /* units, free, sectors a unit, bytes a sector */
        MmQueryMemory(&memory);
        answer[0] = memory.Total;
        answer[2] = memory.Free + memory.Zeroed;
        answer[4] = PAGE_SIZE / 512;
        answer[5] = 512;
        return 6 * sizeof(ULONG);
    case FileFsDeviceInformation:
        answer[0] = devices[file->Kind];
        return 2 * sizeof(ULONG);
    case FileFsAttributeInformation:
        attribute->FileSystemAttributes =
            FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK;
        attribute->MaximumComponentNameLength = IO_LONGEST_NAME;
        attribute->FileSystemNameLength = 5 * sizeof(WCHAR);
        memcpy(attribute->FileSystemName, L"RAMFS", 5 * sizeof(WCHAR));
        return offsetof(FILE_FS_ATTRIBUTE_INFORMATION, FileSystemName) +
               5 * sizeof(WCHAR);
    default:
        return 0;
    }
}

NTSTATUS NTAPI NtQueryVolumeInformationFile(HANDLE handle, PIO_STATUS_BLOCK userIosb,
                                            PVOID user, ULONG length,
                                            FS_INFORMATION_CLASS class)
{
    IOFILE *file;
    ULONG answer[16] = {0};
    NTSTATUS status = IopReferenceFile(handle, 0, &file);
    if (!NT_SUCCESS(status))
        return status;
    const ULONG size = IopFillVolume(file, class, answer);
    status = size != 0 && class != FileFsDeviceInformation && file->Node == NULL
                 ? STATUS_INVALID_DEVICE_REQUEST
                 : IopReturnAnswer(answer, size, user, length);
    ObDereferenceObject(file);
    return NT_SUCCESS(status) ? IopReturnIosb(userIosb, status, size) : status;
}
