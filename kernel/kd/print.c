/* print.c - DbgPrint: one line of text to each output.
 *
 * With a host at the port (token= on the command line) it is an 'L' frame; the serial line
 * belongs to the programs then.  Without, it is that line.  A screen has both.  A line is built
 * whole first, so that two never mix; what is longer than the buffer goes in pieces. */
#include "kd/kd.h"

KDHOOKS KdHooks;
void (*KdConsoleWrite)(const char *, ULONG);
BOOLEAN KdHostPresent;
static ULONG KdpFrameType = 'L';

typedef struct {
    char Text[256];
    ULONG Length;
} LINE;

/* Before io has a console: straight to VGA text, top down, to the screen's end.  On a
 * machine without VGA text it has no effect. */
static void KdpEarlyScreen(const char *text, ULONG length)
{
    volatile USHORT *const cells = (volatile USHORT *)0x800B8000;
    static ULONG at;
    for (ULONG i = 0; i < length && at < 80 * 25; i++) {
        if (text[i] == '\n')
            at += 80 - at % 80;
        else
            cells[at++] = 0x0F00 | (UCHAR)text[i]; /* white on black */
    }
}

static void KdpScreen(const char *text, ULONG length)
{
    if (KdConsoleWrite)
        KdConsoleWrite(text, length);
    else
        KdpEarlyScreen(text, length);
}

/* Text for the terminal: LF becomes CR LF, as a serial terminal needs. */
static void KdpSerialText(const char *text, ULONG length)
{
    for (ULONG i = 0; i < length; i++) {
        if (text[i] == '\n')
            KdSerialWrite(0, "\r", 1);
        KdSerialWrite(0, text + i, 1);
    }
}

static void KdpPrintText(const char *text, ULONG length)
{
    if (KdHostPresent)
        KdHooks.HostSend(KdpFrameType, text, length);
    else
        KdpSerialText(text, length);
    KdpScreen(text, length);
}

void KdPrintEverywhere(const char *text, ULONG length)
{
    KdpSerialText(text, length);
    KdpScreen(text, length);
}

static void KdpPut(void *context, const char *text, ULONG length)
{
    LINE *line = context;
    for (ULONG i = 0; i < length; i++) {
        if (line->Length == sizeof line->Text) {
            KdpPrintText(line->Text, line->Length);
            line->Length = 0;
        }
        line->Text[line->Length++] = text[i];
    }
}

void DbgPrint(const char *format, ...)
{
    LINE line = {.Length = 0};
    va_list arguments;
    va_start(arguments, format);
    RtlFormat(KdpPut, &line, format, arguments);
    va_end(arguments);
    KdpPrintText(line.Text, line.Length);
}

ULONG KdSetPrintFrame(ULONG type)
{
    const ULONG old = KdpFrameType;
    KdpFrameType = type;
    return old;
}
