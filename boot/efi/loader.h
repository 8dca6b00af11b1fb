/* loader.h - what the files of the UEFI loader share.
 *
 * One source, built twice: BOOTIA32.EFI and BOOTX64.EFI.  The loader does what `qemu
 * -kernel` and GRUB do for a Multiboot kernel, so that the kernel has a single entry:
 *
 *   file.c       \fathom\ntoskrnl.exe, \fathom\archive.tar, \fathom\fathom.cfg from the partition
 *   options.c    the command line: the boot manager's options, then fathom.cfg
 *   pe.c         lay the kernel out at its address (pure; tested on the host)
 *   place.c      the memory at that address, or where the kernel waits for it
 *   screen.c     the framebuffer (its pure part tested on the host)
 *   memmap.c     UEFI's memory map as a Multiboot map (its pure part too)
 *   handoff.asm  leave paging or long mode and jump
 *
 * Everything that the kernel will read lies below BOOT_LOW_LIMIT, the end of its linear
 * map.
 */
#ifndef FATHOM_LOADER_H
#define FATHOM_LOADER_H

#include <efi.h>
#include <efilib.h>
#include "bootinfo.h"

#define BOOT_LOW_LIMIT    0x1FFFFFFFu /* last byte of the kernel's linear map: 512 MiB */
#define BOOT_CMDLINE_SIZE (BOOT_LINE_MOST + 1)
#define BOOT_MIN_MEMORY   24 /* MiB usable: OVMF32 leaves 28 of 64 */

/* What the kernel gets: one allocation below BOOT_LOW_LIMIT, physical addresses inside. */
typedef struct {
    MULTIBOOT_INFO Info;
    MULTIBOOT_MODULE Module;
    char CommandLine[BOOT_CMDLINE_SIZE];
    char LoaderName[32];
    char ModuleName[32];
} HANDOVER;

typedef struct {
    EFI_HANDLE Image;
    EFI_FILE_HANDLE Root; /* of the partition that we came from */
    HANDOVER *Handover;
    UINT32 KernelEntry; /* physical, from the kernel's Multiboot header */
    UINT32 KernelWaits; /* where it was loaded ... */
    UINT32 KernelPlace; /* ... and where it is to be, physical; mostly the same */
    UINT32 KernelSize;  /* bytes, a multiple of 4096 */
    UINT8 *Trampoline;  /* a copy of handoff.asm's code, below 4 GiB */
    UINT8 *Map; /* the firmware's last map, then the kernel's, below BOOT_LOW_LIMIT ... */
    UINTN MapSize; /* ... and the room for it in bytes */
} BOOT;

/* main.c: say on the firmware's console, and on COM1 unless the console shows there
 * anyway. BootFail says why and returns the status, for `return BootFail(...)`. */
void BootSay(const CHAR16 *format, ...);
EFI_STATUS BootFail(EFI_STATUS status, const CHAR16 *format, ...);

/* file.c: whole file into fresh pages below limit; says what is wrong itself. */
EFI_STATUS FileOpenVolume(BOOT *boot);
EFI_STATUS FileLoad(BOOT *boot, CHAR16 *path, UINT64 limit, UINT8 **data, UINTN *size);
void FileForget(UINT8 *data, UINTN size);

/* options.c */
EFI_STATUS OptionsRead(BOOT *boot);
int OptionsText(const CHAR16 *from, UINTN bytes, char *to, UINTN size);
int OptionsKnown(const char *word);

/* place.c: KernelPlace and KernelSize are given, KernelWaits results. */
EFI_STATUS PlaceKernel(BOOT *boot);

/* screen.c */
EFI_STATUS ScreenFind(BOOT *boot);
const CHAR16 *ScreenDescribe(UINT64 base,
                             const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode,
                             MULTIBOOT_INFO *info);

/* memmap.c */
int MemoryUsable(UINT32 type); /* after ExitBootServices, memory of this type is free */
EFI_STATUS MemoryPrepare(BOOT *boot);
EFI_STATUS MemoryLeaveFirmware(BOOT *boot);
UINT32 MemoryConvert(UINT8 *map, UINTN size, UINTN stride);

/* handoff.asm: position independent, [HandoffStart, HandoffEnd). */
typedef void HANDOFF(UINTN entry, UINTN information, UINTN from, UINTN to, UINTN bytes);
extern const UINT8 HandoffStart[], HandoffEnd[];

#endif
