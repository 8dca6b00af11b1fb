/* sources: boot/efi/screen.c boot/efi/options.c */
/* cflags: -Iboot/efi -I/usr/include/efi -I/usr/include/efi/x86_64 */
/* cflags: -DGNU_EFI_USE_MS_ABI -fshort-wchar */
/* test_efi_screen - the pure parts of the loader: a screen in Multiboot's words, and which
 * options are text. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "loader.h"

#define check(e) ((e) ? (void)0 : fail(#e, __LINE__))

/* What the rest of both files calls. */
static EFI_STATUS EFIAPI no_protocol(EFI_HANDLE handle, EFI_GUID *guid, VOID **interface)
{
    (void)handle, (void)guid, (void)interface;
    return EFI_UNSUPPORTED;
}

static EFI_BOOT_SERVICES services = {.HandleProtocol = no_protocol};
EFI_BOOT_SERVICES *BS = &services;
static char config[2048]; /* fathom.cfg; empty: there is none */
EFI_GUID GraphicsOutputProtocol, LoadedImageProtocol;
int printf(const char *, ...);

EFI_STATUS LibLocateHandle(EFI_LOCATE_SEARCH_TYPE type, EFI_GUID *guid, VOID *key,
                           UINTN *count, EFI_HANDLE **handles)
{
    (void)type, (void)guid, (void)key, (void)count, (void)handles;
    return EFI_NOT_FOUND;
}

VOID FreePool(VOID *memory)
{
    (void)memory;
}

void BootSay(const CHAR16 *format, ...)
{
    (void)format;
}

EFI_STATUS FileLoad(BOOT *boot, CHAR16 *path, UINT64 limit, UINT8 **data, UINTN *size)
{
    (void)boot, (void)path, (void)limit;
    *data = (UINT8 *)config;
    *size = strlen(config);
    return *size ? EFI_SUCCESS : EFI_NOT_FOUND;
}

void FileForget(UINT8 *data, UINTN size)
{
    (void)data, (void)size;
}

static void fail(const char *what, int line)
{
    printf("not ok 1 - line %d: %s\n1..1\n", line, what);
    exit(1);
}

static EFI_GRAPHICS_OUTPUT_MODE_INFORMATION mode_of(EFI_GRAPHICS_PIXEL_FORMAT format,
                                                    UINT32 red, UINT32 green, UINT32 blue,
                                                    UINT32 reserved)
{
    return (EFI_GRAPHICS_OUTPUT_MODE_INFORMATION){
        .HorizontalResolution = 1366,
        .VerticalResolution = 768,
        .PixelFormat = format,
        .PixelInformation = {red, green, blue, reserved},
        .PixelsPerScanLine = 1376};
}

static int colours_are(const MULTIBOOT_INFO *info, const char *six)
{
    return memcmp(info->Colours, six, 6) == 0;
}

static void orders(void)
{
    MULTIBOOT_INFO info = {0};
    EFI_GRAPHICS_OUTPUT_MODE_INFORMATION mode =
        mode_of(PixelRedGreenBlueReserved8BitPerColor, 0, 0, 0, 0);
    check(!ScreenDescribe(0x880000000, &mode, &info));
    check(info.Flags == MULTIBOOT_HAS_FRAMEBUFFER && info.FramebufferType == 1);
    check(info.FramebufferAddress == 0x880000000 && info.FramebufferPitch == 1376 * 4);
    check(info.FramebufferWidth == 1366 && info.FramebufferHeight == 768);
    check(info.FramebufferBpp == 32 && colours_are(&info, "\0\x8\x8\x8\x10\x8"));
    mode.PixelFormat = PixelBlueGreenRedReserved8BitPerColor;
    check(!ScreenDescribe(0x80000000, &mode, &info));
    check(info.FramebufferBpp == 32 && colours_are(&info, "\x10\x8\x8\x8\0\x8"));
}

static void masks(void)
{
    MULTIBOOT_INFO info = {0};
    EFI_GRAPHICS_OUTPUT_MODE_INFORMATION mode =
        mode_of(PixelBitMask, 0xF800, 0x7E0, 0x1F, 0);
    check(!ScreenDescribe(0x80000000, &mode, &info));
    check(info.FramebufferBpp == 16 && info.FramebufferPitch == 1376 * 2);
    check(colours_are(&info, "\xb\x5\x5\x6\0\x5"));
    mode = mode_of(PixelBitMask, 0x7C00, 0x3E0, 0x1F, 0);
    check(!ScreenDescribe(0x80000000, &mode, &info));
    check(info.FramebufferBpp == 16 && colours_are(&info, "\xa\x5\x5\x5\0\x5"));
    mode = mode_of(PixelBitMask, 0xFF0000, 0xFF00, 0xFF, 0);
    check(!ScreenDescribe(0x80000000, &mode, &info));
    check(info.FramebufferBpp == 24 && info.FramebufferPitch == 1376 * 3);
    mode = mode_of(PixelBitMask, 0x3FF00000, 0xFFC00, 0x3FF, 0xC0000000);
    check(!ScreenDescribe(0x80000000, &mode, &info));
    check(info.FramebufferBpp == 32 && colours_are(&info, "\x14\xa\xa\xa\0\xa"));
}

static void refused(void)
{
    MULTIBOOT_INFO info = {0};
    EFI_GRAPHICS_OUTPUT_MODE_INFORMATION mode = mode_of(PixelBltOnly, 0, 0, 0, 0);
    check(ScreenDescribe(0x80000000, &mode, &info));
    mode = mode_of(PixelBitMask, 0xE0, 0x1C, 0x3, 0);
    check(ScreenDescribe(0x80000000, &mode, &info));
    mode = mode_of(PixelBitMask, 0xFF00, 0, 0xFF, 0);
    check(ScreenDescribe(0x80000000, &mode, &info));
    mode.PixelFormat = PixelBlueGreenRedReserved8BitPerColor;
    check(ScreenDescribe(0, &mode, &info));
    check(ScreenDescribe(1ull << 44, &mode, &info));
    check(info.Flags == 0);
    check(!ScreenDescribe((1ull << 44) - (1 << 24), &mode, &info));
}

static void options(void)
{
    char text[16];
    CHAR16 garbage[] = {'a', 0x100, 0}, control[] = {'a', '\n', 0};
    check(OptionsText(L"a=1 b", 12, text, sizeof text) && !strcmp(text, "a=1 b"));
    check(OptionsText(L"a=1 b", 10, text, sizeof text) && !strcmp(text, "a=1 b"));
    check(OptionsText(L"X.EFI  a", 18, text, sizeof text) && !strcmp(text, "a"));
    check(OptionsText(L"x.efi", 12, text, sizeof text) && !strcmp(text, ""));
    check(OptionsText(L"efi .efi", 18, text, sizeof text) && !strcmp(text, "efi .efi"));
    check(OptionsText(L"", 2, text, sizeof text) && !strcmp(text, ""));
    check(OptionsText(L"123456789012345", 30, text, sizeof text));
    check(!OptionsText(L"1234567890123456", 32, text, sizeof text));
    check(!OptionsText(garbage, sizeof garbage, text, sizeof text));
    check(!OptionsText(control, sizeof control, text, sizeof text));
    check(OptionsText(L"a\tb", 8, text, sizeof text) && !strcmp(text, "a b"));
    check(!OptionsText(L"ab", 5, text, sizeof text));
    check(OptionsKnown("run") && OptionsKnown("run=1 quiet") &&
          OptionsKnown("run quiet"));
    check(!OptionsKnown("runs") && !OptionsKnown("ru") && !OptionsKnown("quiet run"));
    check(!OptionsKnown("") && !OptionsKnown("=run") && !OptionsKnown("Run=1"));
}

/* A tab is a blank; a line of more characters than the kernel takes is cut there. */
static void line(void)
{
    static HANDOVER handover;
    BOOT boot = {.Handover = &handover};
    strcpy(config, "ring=2\trun=1\r\nseed=3");
    check(!OptionsRead(&boot) && !strcmp(handover.CommandLine, "ring=2 run=1"));
    memset(config, 'x', BOOT_LINE_MOST + 5);
    check(!OptionsRead(&boot) && strlen(handover.CommandLine) == BOOT_LINE_MOST);
    *config = 0;
    check(OptionsRead(&boot));
}

int main(void)
{
    orders();
    masks();
    refused();
    options();
    line();
    printf("ok 1 - screens and options are put in Multiboot's words, or refused\n1..1\n");
    return 0;
}
