/* bootinfo.h - Multiboot-1 information: what the kernel reads of it.
 *
 * What loads the kernel (QEMU's -kernel, GRUB, v86, our own UEFI loader) enters it with
 * EAX = 2BADB002h and EBX = the physical address of a MULTIBOOT_INFO.  One module: the ustar
 * archive of user files.  Source: Multiboot Specification 0.6.96, section 3.3.
 */
#ifndef FATHOM_BOOTINFO_H
#define FATHOM_BOOTINFO_H

#include <stdint.h>

#define MULTIBOOT_LOADED          0x2BADB002u
#define MULTIBOOT_HAS_MEMORY      0x001u
#define MULTIBOOT_HAS_CMDLINE     0x004u
#define MULTIBOOT_HAS_MODULES     0x008u
#define MULTIBOOT_HAS_MMAP        0x040u
#define MULTIBOOT_HAS_LOADER      0x200u
#define MULTIBOOT_HAS_FRAMEBUFFER 0x1000u

/* Characters of the command line that the kernel takes (ke/boot.c); the rest is not read. */
#define BOOT_LINE_MOST 1022

/* The words of the command line that the kernel asks for (ke/boot.c); each other one is named as
 * ignored, by our loader while the firmware's screen is there and by the kernel. */
#define BOOT_WORDS                                                                       \
    "door", "gflags", "hold", "icount", "init", "poolfail", "ring", "run", "seed",       \
        "shell", "stacks", "token", "trace"

typedef struct {
    uint32_t Flags;
    uint32_t MemLower, MemUpper; /* KiB */
    uint32_t BootDevice;
    uint32_t CommandLine; /* physical address, NUL-ended ASCII */
    uint32_t ModuleCount, Modules;
    uint32_t Symbols[4];
    uint32_t MmapLength, Mmap; /* bytes, physical address */
    uint32_t DrivesLength, Drives;
    uint32_t ConfigTable;
    uint32_t LoaderName;
    uint32_t ApmTable;
    uint32_t Vbe[4];
    uint64_t FramebufferAddress;
    uint32_t FramebufferPitch, FramebufferWidth,
        FramebufferHeight;                   /* bytes, pixels, pixels */
    uint8_t FramebufferBpp, FramebufferType; /* type 1: RGB */
    /* Position and size of red, of green, of blue: the first six by the specification's table,
     * the last six where GRUB puts them, as the specification's example of a header has it. */
    uint8_t Colours[8];
} __attribute__((packed)) MULTIBOOT_INFO;

typedef struct {
    uint32_t Start, End; /* physical, [Start, End) */
    uint32_t CommandLine;
    uint32_t Reserved;
} __attribute__((packed)) MULTIBOOT_MODULE;

typedef struct {
    uint32_t Size; /* of the rest, bytes */
    uint64_t Base, Length;
    uint32_t Type; /* 1: usable */
} __attribute__((packed)) MULTIBOOT_MMAP;

#endif
