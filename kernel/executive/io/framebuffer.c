/* framebuffer.c - characters as pixels, in the order and depth that the loader describes.
 *
 *   a pixel of 2, 3 or 4 bytes, lowest byte first:   ..RRRRRR GGGGGGGG BBBBBBBB
 *                                       red's position -^     (its size from there on)
 *
 * The sixteen colours are converted once, so that drawing only stores.  The framebuffer may
 * lie above 4 GiB: page tables with PAE reach it.  One that cannot be used is named, and
 * the console is the serial line alone.
 *
 * Source: Multiboot Specification 0.6.96, section 3.3 (framebuffer_*).
 */
#include "font.h"
#include "iop.h"

#define CELL_WIDTH  8u
#define CELL_HEIGHT 16u
#define MAX_WIDTH   1280u /* of what text uses: screen.c keeps 160 columns, 64 rows */
#define MAX_HEIGHT  1024u
#define TYPE_RGB    1
#define TYPE_TEXT   2
#define REACH       44 /* bits of a physical address: a page number has 32 */

static UCHAR *IopFrame; /* its first pixel */
static ULONG IopPitch, IopPixelBytes;
static ULONG IopInks[16]; /* IopPalette as pixels */

/* The 16 colours of VGA, 0xRRGGBB. */
static const ULONG IopPalette[16] = {
    0x000000, 0x0000AA, 0x00AA00, 0x00AAAA, 0xAA0000, 0xAA00AA, 0xAA5500, 0xAAAAAA,
    0x555555, 0x5555FF, 0x55FF55, 0x55FFFF, 0xFF5555, 0xFF55FF, 0xFFFF55, 0xFFFFFF};

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
    const ULONG width =
        info->FramebufferWidth < MAX_WIDTH ? info->FramebufferWidth : MAX_WIDTH;
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
    *columns = width / CELL_WIDTH;
    *rows = height / CELL_HEIGHT;
    return TRUE;
}

static void IopDrawLine(UCHAR *to, UCHAR bits, ULONG ink, ULONG paper)
{
    for (ULONG x = 0; x < CELL_WIDTH; x++, to += IopPixelBytes) {
        const ULONG pixel = bits & 0x80 >> x ? ink : paper;
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
        IopFrame + row * CELL_HEIGHT * IopPitch + column * CELL_WIDTH * IopPixelBytes;
    for (ULONG y = 0; y < CELL_HEIGHT; y++, line += IopPitch)
        IopDrawLine(line, IopFontRow(character, y), ink, paper);
}
