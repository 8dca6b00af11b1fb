/* framebuffer.c - characters as pixels, in the order and depth that the loader describes.
 *
 *   a pixel of 2, 3 or 4 bytes, lowest byte first:   ..RRRRRR GGGGGGGG BBBBBBBB
 *                                       red's position -^     (its size from there on)
 *
 * A letter's dot is a square of IopScale pixels, the largest that leaves 80 columns.  The
 * sixteen colours are converted once, so that drawing only stores; each is legible on the
 * first (a contrast of 4.5 and more, tests/boot/contrast.t).  The framebuffer may
 * lie above 4 GiB: page tables with PAE reach it.  One that cannot be used is named, and
 * the console is the serial line alone.
 *
 * Sources: Multiboot Specification 0.6.96, section 3.3 (framebuffer_*); IBM VGA, 3C8h and 3C9h.
 */
#include "font.h"
#include "iop.h"
#include "kd/port.h"

#define CELL_WIDTH  8u
#define CELL_HEIGHT 16u
#define COLUMNS     80u     /* at least so many are left when letters grow */
#define MAX_HEIGHT  0x4000u /* of what is mapped */
#define TYPE_RGB    1
#define TYPE_TEXT   2
#define REACH       44 /* bits of a physical address: a page number has 32 */

static UCHAR *IopFrame; /* its first pixel */
static ULONG IopPitch, IopPixelBytes, IopScale;
static ULONG IopInks[16]; /* IopPalette as pixels */

/* In VGA's order, 0xRRGGBB. */
static const ULONG IopPalette[16] = {
    0x000000, 0x5C8CFF, 0x00B000, 0x00B0B0, 0xFF5A5A, 0xD860D8, 0xC88000, 0xC8C8C8,
    0x8C8C8C, 0x8FB4FF, 0x60FF60, 0x60FFFF, 0xFF9090, 0xFF8CFF, 0xFFFF60, 0xFFFFFF};

/* One part of a colour, 0 to 255, in its place in a pixel. */
static ULONG IopPlace(ULONG part, UCHAR position, UCHAR size)
{
    return (size < 8 ? part >> (8 - size) : part << (size - 8)) << position;
}

/* places: position and size of red, of green and of blue. */
static void IopMixInks(const UCHAR *places)
{
    for (ULONG i = 0; i < 16; i++) {
        const ULONG colour = IopPalette[i];
        IopInks[i] = IopPlace(colour >> 16, places[0], places[1]) |
                     IopPlace(colour >> 8 & 0xFF, places[2], places[3]) |
                     IopPlace(colour & 0xFF, places[4], places[5]);
    }
}

/* The same in VGA's own text: its registers lead colour 6 to entry 14h, 8 and on to 38h and on. */
void IopMixVga(void)
{
    for (ULONG i = 0; i < 16; i++) {
        KdOut8(0x3C8, i < 8 ? (i == 6 ? 0x14 : i) : 0x30 + i);
        for (ULONG shift = 24; shift > 0; shift -= 8) /* red first, of 6 bits */
            KdOut8(0x3C9, IopPalette[i] >> (shift - 6) & 0x3F);
    }
}

static BOOLEAN IopFit(const UCHAR *places, ULONG depth)
{
    for (ULONG i = 0; i < 6; i += 2)
        if (places[i + 1] < 1 || places[i + 1] > 16 || places[i] + places[i + 1] > depth)
            return FALSE;
    return TRUE;
}

/* Where the handover has them: bootinfo.h.  NULL: nowhere that makes sense. */
static const UCHAR *IopFindPlaces(const MULTIBOOT_INFO *info)
{
    for (ULONG at = 0; at <= 2; at += 2)
        if (IopFit(info->Colours + at, info->FramebufferBpp))
            return info->Colours + at;
    return NULL;
}

/* NULL, or why it cannot be drawn on. */
static const char *IopJudgeFramebuffer(const MULTIBOOT_INFO *info)
{
    const ULONG depth = info->FramebufferBpp, bytes = (depth + 7) / 8;
    if (info->FramebufferType != TYPE_RGB || bytes < 2 || bytes > 4)
        return "its pixels are not of 15 to 32 bits";
    if (IopFindPlaces(info) == NULL)
        return "the places of red, green and blue in a pixel are impossible";
    if (info->FramebufferWidth < CELL_WIDTH || info->FramebufferHeight < CELL_HEIGHT ||
        info->FramebufferPitch / bytes < info->FramebufferWidth ||
        info->FramebufferPitch > 0x100000)
        return "its size is impossible";
    if (info->FramebufferAddress >> REACH != 0)
        return "it lies out of the page tables' reach";
    return NULL;
}

BOOLEAN IopOpenFramebuffer(const MULTIBOOT_INFO *info, ULONG *columns, ULONG *rows)
{
    if (!(info->Flags & MULTIBOOT_HAS_FRAMEBUFFER) || info->FramebufferType == TYPE_TEXT)
        return FALSE;
    const char *wrong = IopJudgeFramebuffer(info);
    const ULONG scale = info->FramebufferWidth / (COLUMNS * CELL_WIDTH);
    const ULONG height =
        info->FramebufferHeight < MAX_HEIGHT ? info->FramebufferHeight : MAX_HEIGHT;
    if (wrong == NULL) {
        IopFrame =
            MmMapIoSpace(info->FramebufferAddress, info->FramebufferPitch * height, TRUE);
        wrong = IopFrame == NULL ? "there is no room to map it" : NULL;
    }
    if (wrong != NULL) {
        DbgPrint("Fathom: the screen at %I64x stays dark: %s.\n",
                 info->FramebufferAddress, wrong);
        return FALSE;
    }
    IopPitch = info->FramebufferPitch;
    IopPixelBytes = (info->FramebufferBpp + 7) / 8;
    IopMixInks(IopFindPlaces(info));
    IopScale = scale != 0 ? scale : 1;
    *columns = info->FramebufferWidth / (CELL_WIDTH * IopScale);
    *rows = height / (CELL_HEIGHT * IopScale);
    return TRUE;
}

static void IopDrawLine(UCHAR *to, UCHAR bits, ULONG ink, ULONG paper)
{
    for (ULONG x = 0; x < CELL_WIDTH * IopScale; x++, to += IopPixelBytes) {
        const ULONG pixel = bits & 0x80 >> x / IopScale ? ink : paper;
        if (IopPixelBytes == 4) {
            *(ULONG *)to = pixel;
            continue;
        }
        *(USHORT *)to = pixel;
        if (IopPixelBytes == 3)
            to[2] = pixel >> 16;
    }
}

void IopDrawCharacter(ULONG row, ULONG column, UCHAR character, UCHAR colour)
{
    const ULONG ink = IopInks[colour & 15], paper = IopInks[colour >> 4];
    UCHAR *line =
        IopFrame +
        (row * CELL_HEIGHT * IopPitch + column * CELL_WIDTH * IopPixelBytes) * IopScale;
    for (ULONG y = 0; y < CELL_HEIGHT * IopScale; y++, line += IopPitch)
        IopDrawLine(line, IopFontRow(character, y / IopScale), ink, paper);
}
