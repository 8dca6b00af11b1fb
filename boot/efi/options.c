/* options.c - the kernel's command line: the boot manager's options, then \fathom\fathom.cfg.
 *
 * The kernel takes the first `name=value` of a name, so what was typed in a boot manager or
 * in the UEFI Shell is put before the file's words.  The Shell passes the program's own name
 * first; it is dropped.  Options that are not text (firmware's own entries may carry any
 * bytes) are ignored, and that is said; so is each word that the kernel does not know.
 *
 * Source: UEFI Specification 2.10, section 9.1 (LoadOptions).
 */
#include "loader.h"

static int ends_like_a_program(const char *word, UINTN length)
{
    static const char end[] = ".efi";
    for (UINTN i = 0; i < 4; i++)
        if (length < 5 || (word[length - 4 + i] | 0x20) != (end[i] | 0x20))
            return 0;
    return 1;
}

static void drop_program(char *text)
{
    UINTN length = 0;
    while (text[length] > ' ')
        length++;
    if (!ends_like_a_program(text, length))
        return;
    while (text[length] == ' ')
        length++;
    char *to = text;
    do
        *to++ = text[length];
    while (text[length++]);
}

/* LoadOptions of so many bytes as text of at most size - 1 characters, without a program's
 * name in front; TRUE, or FALSE: they are no text, or too long. */
int OptionsText(const CHAR16 *from, UINTN bytes, char *to, UINTN size)
{
    UINTN count = 0;
    *to = 0;
    for (; count < bytes / 2 && from[count]; count++) {
        CHAR16 next = from[count] == '\t' ? ' ' : from[count];
        if (next < ' ' || next > '~' || count + 1 >= size)
            return 0;
        to[count] = (char)next;
    }
    to[count] = 0;
    if (bytes % 2)
        return 0;
    drop_program(to);
    return 1;
}

static const char *const Words[] = {BOOT_WORDS};

/* Whether the kernel knows word, which ends with a blank or the text. */
int OptionsKnown(const char *word)
{
    for (UINTN i = 0; i < sizeof Words / sizeof *Words; i++) {
        UINTN length = 0;
        while (Words[i][length] && word[length] == Words[i][length])
            length++;
        if (!Words[i][length] && ((UINT8)word[length] <= ' ' || word[length] == '='))
            return 1;
    }
    return 0;
}

static void name_unknown(const char *line)
{
    char word[64];
    for (const char *at = line; *at;) {
        UINTN length = 0;
        for (; (UINT8)at[length] > ' '; length++)
            if (length < sizeof word - 1)
                word[length] = at[length];
        word[length < sizeof word ? length : sizeof word - 1] = 0;
        if (length && !OptionsKnown(at))
            BootSay(
                L"  options       ignored: %a, a word that the kernel does not know\n",
                word);
        at += length + (at[length] != 0);
    }
}

/* What the boot manager gave, into text; "" if that is nothing that can be used. */
static void manager_options(BOOT *boot, char *text, UINTN size)
{
    EFI_LOADED_IMAGE *loaded;
    *text = 0;
    if (EFI_ERROR(
            BS->HandleProtocol(boot->Image, &LoadedImageProtocol, (void **)&loaded)) ||
        !loaded->LoadOptions || !loaded->LoadOptionsSize)
        return;
    if (!OptionsText(loaded->LoadOptions, loaded->LoadOptionsSize, text, size)) {
        *text = 0;
        BootSay(L"  options       ignored: %d bytes that are not text of at most %d "
                L"characters\n",
                (UINTN)loaded->LoadOptionsSize, size - 1);
    } else if (*text) {
        BootSay(L"  options       %a\n", text);
    }
}

/* A character of the line as the kernel takes it: a tab is a blank; 0: the line ends here. */
static char of_line(UINT8 next)
{
    if (next == '\t')
        return ' ';
    return next < ' ' ? 0 : (char)next;
}

/* fathom.cfg: one line, ASCII; the file's first line end ends it. */
EFI_STATUS OptionsRead(BOOT *boot)
{
    HANDOVER *handover = boot->Handover;
    char *line = handover->CommandLine;
    UINT8 *text;
    UINTN size, length = 0;
    EFI_STATUS status =
        FileLoad(boot, L"\\fathom\\fathom.cfg", BOOT_LOW_LIMIT, &text, &size);
    if (EFI_ERROR(status))
        return status;
    manager_options(boot, line, BOOT_CMDLINE_SIZE / 2);
    while (line[length])
        length++;
    if (length)
        line[length++] = ' ';
    UINTN i = 0;
    for (; i < size && of_line(text[i]) && length < BOOT_CMDLINE_SIZE - 1; i++)
        line[length++] = of_line(text[i]);
    line[length] = 0;
    if (i < size && of_line(text[i]))
        BootSay(
            L"  options       ignored: fathom.cfg from its character %d on: too long\n",
            i + 1);
    FileForget(text, size);
    handover->Info.Flags |= MULTIBOOT_HAS_CMDLINE;
    handover->Info.CommandLine = (UINT32)(UINTN)line;
    BootSay(L"  command line  %a\n", line);
    name_unknown(line);
    return EFI_SUCCESS;
}
