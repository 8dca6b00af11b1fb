/* screen.c - the framebuffer as firmware leaves it, in Multiboot's words.
 *
 * UEFI says where red, green and blue are in a pixel: in an order with a name, four bytes
 * each, or by masks of any width.  The kernel draws by position and size, so both become
 * that.  What the kernel cannot draw on is named here, while the firmware's console still
 * shows it; then the kernel gets no framebuffer.
 *
 * Source: UEFI Specification 2.10, section 12.9 (graphics output).
 */
#include "loader.h"

#define REACH 44 /* bits of an address that the kernel can map */

/* field[0]: position, field[1]: size */
static void mask_to_field(UINT32 mask, uint8_t *field)
{
    field[0] = field[1] = 0;
    for (; mask && !(mask & 1); mask >>= 1)
        field[0]++;
    for (; mask & 1; mask >>= 1)
        field[1]++;
}

/* The highest bit of all four masks says how long a pixel is. */
static UINT32 pixel_bytes(const EFI_PIXEL_BITMASK *mask)
{
    UINT32 all = mask->RedMask | mask->GreenMask | mask->BlueMask | mask->ReservedMask;
    UINT32 bits = 0;
    for (; all; all >>= 1)
        bits++;
    return (bits + 7) / 8;
}

/* Fills info's framebuffer; else returns why it cannot be drawn on, and info is as it was. */
const CHAR16 *ScreenDescribe(UINT64 base,
                             const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode,
                             MULTIBOOT_INFO *info)
{
    EFI_PIXEL_BITMASK mask = mode->PixelInformation;
    if (mode->PixelFormat == PixelRedGreenBlueReserved8BitPerColor)
        mask = (EFI_PIXEL_BITMASK){0xFF, 0xFF00, 0xFF0000, 0xFF000000};
    else if (mode->PixelFormat == PixelBlueGreenRedReserved8BitPerColor)
        mask = (EFI_PIXEL_BITMASK){0xFF0000, 0xFF00, 0xFF, 0xFF000000};
    else if (mode->PixelFormat != PixelBitMask)
        return L"only the firmware can draw on it";
    const UINT32 bytes = pixel_bytes(&mask);
    if (bytes < 2 || !mask.RedMask || !mask.GreenMask || !mask.BlueMask)
        return L"its pixels have no red, green and blue";
    if (base == 0 || base >> REACH)
        return L"it lies where the kernel's page tables do not reach";
    info->Flags |= MULTIBOOT_HAS_FRAMEBUFFER;
    info->FramebufferAddress = base;
    info->FramebufferPitch = mode->PixelsPerScanLine * bytes;
    info->FramebufferWidth = mode->HorizontalResolution;
    info->FramebufferHeight = mode->VerticalResolution;
    info->FramebufferBpp = bytes * 8;
    info->FramebufferType = 1;
    mask_to_field(mask.RedMask, info->Colours + 0);
    mask_to_field(mask.GreenMask, info->Colours + 2);
    mask_to_field(mask.BlueMask, info->Colours + 4);
    return NULL;
}

/* The first screen that can be drawn on. */
EFI_STATUS ScreenFind(BOOT *boot)
{
    MULTIBOOT_INFO *info = &boot->Handover->Info;
    EFI_HANDLE *handles = NULL;
    EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;
    UINTN count = 0;
    if (EFI_ERROR(
            LibLocateHandle(ByProtocol, &GraphicsOutputProtocol, NULL, &count, &handles)))
        count = 0;
    for (UINTN i = 0; i < count && !(info->Flags & MULTIBOOT_HAS_FRAMEBUFFER); i++) {
        if (EFI_ERROR(
                BS->HandleProtocol(handles[i], &GraphicsOutputProtocol, (void **)&gop)) ||
            !gop->Mode)
            continue;
        const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode = gop->Mode->Info;
        const CHAR16 *wrong = ScreenDescribe(gop->Mode->FrameBufferBase, mode, info);
        BootSay(L"  screen        %d x %d at %08lx", (UINTN)mode->HorizontalResolution,
                (UINTN)mode->VerticalResolution, gop->Mode->FrameBufferBase);
        BootSay(wrong ? L": %s\n" : L", %d bits a pixel\n",
                wrong ? (UINTN)wrong : (UINTN)info->FramebufferBpp);
    }
    if (!(info->Flags & MULTIBOOT_HAS_FRAMEBUFFER))
        BootSay(L"  screen        none for the kernel; the console is the serial line\n");
    if (handles)
        FreePool(handles);
    return EFI_SUCCESS;
}
