/* file.c - read a whole file from the partition that the loader itself came from.
 *
 * UEFI: loaded image -> its device -> that device's simple file system -> root directory.
 * A file is read straight into pages of its own, which the firmware's map then shows as
 * loader data; the kernel sees them as ordinary memory that a module occupies.
 *
 * Source: UEFI Specification 2.10, sections 9.1, 13.4 and 13.5.
 */
#include "loader.h"

/* Opens boot->Root. */
EFI_STATUS FileOpenVolume(BOOT *boot)
{
    EFI_LOADED_IMAGE *loaded;
    EFI_FILE_IO_INTERFACE *volume;
    EFI_STATUS status =
        BS->HandleProtocol(boot->Image, &LoadedImageProtocol, (void **)&loaded);
    if (!EFI_ERROR(status))
        status = BS->HandleProtocol(loaded->DeviceHandle, &FileSystemProtocol,
                                    (void **)&volume);
    if (!EFI_ERROR(status))
        status = volume->OpenVolume(volume, &boot->Root);
    if (EFI_ERROR(status))
        return BootFail(status, L"the boot partition cannot be opened");
    return EFI_SUCCESS;
}

static EFI_STATUS file_size(EFI_FILE_HANDLE file, UINT64 *size)
{
    UINT64 buffer[64]; /* EFI_FILE_INFO and the longest name of ours */
    UINTN length = sizeof buffer;
    EFI_STATUS status = file->GetInfo(file, &GenericFileInfo, &length, buffer);
    if (!EFI_ERROR(status))
        *size = ((EFI_FILE_INFO *)buffer)->FileSize;
    return status;
}

/* One large Read is what firmware's USB drivers are worst at: go in pieces of 1 MiB. */
static EFI_STATUS read_all(EFI_FILE_HANDLE file, UINT8 *to, UINTN size)
{
    while (size) {
        UINTN piece = size < 0x100000 ? size : 0x100000;
        UINTN got = piece;
        EFI_STATUS status = file->Read(file, &got, to);
        if (EFI_ERROR(status))
            return status;
        if (got == 0)
            return EFI_END_OF_FILE;
        to += got;
        size -= got;
    }
    return EFI_SUCCESS;
}

static UINTN pages_of(UINT64 bytes)
{
    return (UINTN)((bytes + 1 + 4095) >> 12);
}

/* Give back what FileLoad gave. */
void FileForget(UINT8 *data, UINTN size)
{
    BS->FreePages((EFI_PHYSICAL_ADDRESS)(UINTN)data, pages_of(size));
}

/* Read path into fresh pages that end at or below limit (a byte address).  *data gets one
 * zero byte after *size.  On failure it has said why and nothing stays allocated. */
EFI_STATUS FileLoad(BOOT *boot, CHAR16 *path, UINT64 limit, UINT8 **data, UINTN *size)
{
    EFI_FILE_HANDLE file;
    UINT64 bytes;
    EFI_STATUS status = boot->Root->Open(boot->Root, &file, path, EFI_FILE_MODE_READ, 0);
    if (EFI_ERROR(status))
        return BootFail(status, L"%s: the file is missing", path);
    status = file_size(file, &bytes);
    if (EFI_ERROR(status) || bytes > limit) {
        file->Close(file);
        return BootFail(EFI_LOAD_ERROR, L"%s: its size cannot be read", path);
    }
    EFI_PHYSICAL_ADDRESS at = limit;
    UINTN pages = pages_of(bytes);
    status = BS->AllocatePages(AllocateMaxAddress, EfiLoaderData, pages, &at);
    if (EFI_ERROR(status)) {
        file->Close(file);
        return BootFail(status,
                        L"%s: too little memory: its %d KiB do not fit into what is free "
                        L"below %d MiB",
                        path, (UINTN)(bytes >> 10), (UINTN)((limit + 1) >> 20));
    }
    *data = (UINT8 *)(UINTN)at;
    *size = (UINTN)bytes;
    status = read_all(file, *data, *size);
    file->Close(file);
    if (EFI_ERROR(status)) {
        BS->FreePages(at, pages);
        return BootFail(status, L"%s: the disk gave an error while reading", path);
    }
    (*data)[*size] = 0;
    return EFI_SUCCESS;
}
