/* console.c - the console: text to COM1 (or a host) and the screen, lines from COM1, the keyboard.
 *
 * Reading gives a line at a time with echo and backspace, as a console with
 * ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT does, ended by CR LF; without line input it gives
 * the bytes as they are typed.  Ctrl-Z at the start of a line is the end of the input.
 * Ctrl-C (keyboard.c) drops the line and ends the read: STATUS_ALERTED and no bytes. */
#include "fathom.h"
#include "iop.h"

/* GetConsoleMode's bits; wincon.h cannot be had without the whole of windows.h. */
#define ENABLE_PROCESSED_INPUT    0x1
#define ENABLE_LINE_INPUT         0x2
#define ENABLE_ECHO_INPUT         0x4
#define ENABLE_PROCESSED_OUTPUT   0x1
#define ENABLE_WRAP_AT_EOL_OUTPUT 0x2

#define LINE_SIZE 512u
#define CTRL_Z    0x1A

static char IopLine[LINE_SIZE]; /* of which the reader has not taken [Taken, Length) */
static ULONG IopLineLength, IopLineTaken;
static int IopPeeked = -1;
static KEVENT IopReaderMayGo;
#define INPUT_AT_FIRST  (ENABLE_PROCESSED_INPUT | ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT)
#define OUTPUT_AT_FIRST (ENABLE_PROCESSED_OUTPUT | ENABLE_WRAP_AT_EOL_OUTPUT)
static ULONG IopWritten; /* the last byte of programs; bits 8 on: how many there were */
static ULONG IopInputMode = INPUT_AT_FIRST, IopOutputMode = OUTPUT_AT_FIRST;

void IopResetConsole(void)
{
    IopInputMode = INPUT_AT_FIRST;
    IopOutputMode = OUTPUT_AT_FIRST;
    IopLineLength = IopLineTaken = 0;
}

BOOLEAN IopInputIsProcessed(void)
{
    return (IopInputMode & ENABLE_PROCESSED_INPUT) != 0;
}

/* A host gets it in the same stream as the kernel's lines, so that all stand in order. */
static void IopSend(const char *text, ULONG length)
{
    KdHostPresent ? KdHostSend('C', text, length) : KdSerialWrite(0, text, length);
}

/* A line feed alone starts a new line, as with ENABLE_PROCESSED_OUTPUT; a serial terminal
 * needs the carriage return said. */
static void IopPut(const char *text, ULONG length)
{
    ULONG start = 0;
    for (ULONG i = 0; i < length; IopWritten = (IopWritten | 0xFF) + 1 + (UCHAR)text[i++])
        if (text[i] == '\n' && (UCHAR)IopWritten != '\r') {
            IopSend(text + start, i - start);
            IopSend("\r", 1);
            start = i;
        }
    IopSend(text + start, length - start);
    IopScreenWrite(text, length);
}

static void IopEcho(const char *text, ULONG length)
{
    if (length && IopInputMode & ENABLE_ECHO_INPUT)
        IopPut(text, length);
}

/* The key that was only looked at, or the next; -1: none. */
static int IopPeekKey(void)
{
    if (IopPeeked < 0)
        IopPeeked = IopReadKey();
    return IopPeeked;
}

/* A key; the thread gives the processor away between looks. */
static NTSTATUS IopWaitForKey(int *key)
{
    while ((*key = IopPeekKey()) < 0) {
        if (IopTakeInterruption())
            return STATUS_ALERTED;
        LARGE_INTEGER tick = {.QuadPart = -(LONGLONG)KE_TICK_100NS};
        NTSTATUS status = KeDelayExecutionThread(FALSE, TRUE, &tick);
        if (status == STATUS_THREAD_IS_TERMINATING)
            return status;
    }
    IopPeeked = -1;
    IopScreenLook(0);
    return STATUS_SUCCESS;
}

static void IopEditLine(int key)
{
    const char c = key;
    if (key == '\b' || key == 0x7F) {
        if (IopLineLength > 0) {
            IopLineLength--;
            IopEcho("\b \b", 3);
        }
    } else if (IopLineLength < LINE_SIZE - 2 &&
               (key >= ' ' || key == '\t' || key == CTRL_Z)) {
        IopLine[IopLineLength++] = c;
        IopEcho(key == CTRL_Z ? "^Z" : &c, key == CTRL_Z ? 2 : 1);
    }
}

static NTSTATUS IopReadLine(void)
{
    static int last;
    int key;
    IopLineLength = IopLineTaken = 0;
    for (;;) {
        NTSTATUS status = IopWaitForKey(&key);
        if (status != STATUS_SUCCESS) {
            IopLineLength = 0;
            return status;
        }
        BOOLEAN second = key == '\n' && last == '\r'; /* a terminal may send CR LF */
        last = key;
        if (second)
            continue;
        if (key == '\r' || key == '\n')
            break;
        IopEditLine(key);
    }
    IopLine[IopLineLength++] = '\r';
    IopLine[IopLineLength++] = '\n';
    IopEcho("\r\n", 2);
    return STATUS_SUCCESS;
}

static NTSTATUS IopReadTyped(void *buffer, ULONG length, ULONG *done, BOOLEAN raw)
{
    NTSTATUS status = STATUS_SUCCESS;
    int key;
    if (IopLineTaken == IopLineLength) {
        IopTakeInterruption(); /* of before */
        if (!raw && IopInputMode & ENABLE_LINE_INPUT) {
            status = IopReadLine();
        } else if ((status = IopWaitForKey(&key)) == STATUS_SUCCESS) {
            IopLine[0] = key;
            IopLineLength = 1;
            IopLineTaken = 0;
            IopEcho(IopLine, !raw);
        }
        if (status == STATUS_ALERTED)
            IopEcho("^C\r\n", raw ? 0 : 4);
        if (status != STATUS_SUCCESS)
            return status;
    }
    if (!raw && IopLine[IopLineTaken] == CTRL_Z && IopLineTaken == 0) {
        IopLineTaken = IopLineLength;
        return STATUS_SUCCESS; /* no bytes: the end */
    }
    const ULONG part = min(length, IopLineLength - IopLineTaken);
    status = MmCopyToUser(buffer, IopLine + IopLineTaken, part);
    if (NT_SUCCESS(status)) {
        IopLineTaken += part;
        *done = part;
    }
    return status;
}

/* The line is one reader's at a time.  raw: without lines and echo, and Ctrl-Z is a byte. */
NTSTATUS IopConsoleRead(void *buffer, ULONG length, ULONG *done, BOOLEAN raw)
{
    if (length == 0)
        return STATUS_SUCCESS;
    NTSTATUS status = KeWaitForSingleObject(&IopReaderMayGo, FALSE, TRUE, NULL);
    if (status != STATUS_SUCCESS)
        return status;
    status = IopReadTyped(buffer, length, done, raw);
    KeSetEvent(&IopReaderMayGo);
    return status;
}

NTSTATUS IopConsoleWrite(const void *buffer, ULONG length, ULONG *done)
{
    char part[256];
    const char *from = buffer;
    NTSTATUS status = STATUS_SUCCESS;
    while (*done < length && NT_SUCCESS(status)) {
        ULONG size = length - *done < sizeof part ? length - *done : sizeof part;
        status = MmCopyFromUser(part, from + *done, size);
        if (!NT_SUCCESS(status))
            break;
        IopPut(part, size);
        *done += size;
        if (*done % 0x10000 == 0) /* up to there a text stays in one piece */
            status = MmGiveWay();
    }
    return status;
}

NTSTATUS IopConsoleControl(IOFILE *file, ULONG code, const IOPBUFFERS *buffers,
                           ULONG *done)
{
    ULONG *mode = file->Stream == 0 ? &IopInputMode : &IopOutputMode;
    ULONG answer[2] = {0};
    const ULONG size = code == IOCTL_CONSOLE_GET_MODE ? sizeof *mode : sizeof answer;
    switch (code) {
    case IOCTL_CONSOLE_SET_MODE:
        return buffers->InLength < sizeof *mode
                   ? STATUS_BUFFER_TOO_SMALL
                   : MmCopyFromUser(mode, buffers->In, sizeof *mode);
    case IOCTL_CONSOLE_GET_MODE:
        answer[0] = *mode;
        break;
    case IOCTL_CONSOLE_GET_SIZE:
        IopScreenSize(&answer[0], &answer[1]);
        break;
    case IOCTL_CONSOLE_GET_KEYS:
        answer[0] = IopLineTaken != IopLineLength || IopPeekKey() >= 0;
        answer[1] = IopLineTaken != IopLineLength ? IopLine[IopLineTaken] : IopPeeked;
        break;
    case IOCTL_CONSOLE_READ_KEY:
        return file->Stream == 0
                   ? IopConsoleRead(buffers->Out, buffers->OutLength, done, TRUE)
                   : STATUS_ACCESS_DENIED;
    case IOCTL_CONSOLE_GET_WRITTEN:
        answer[0] = IopWritten;
        break;
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    if (buffers->OutLength < size)
        return STATUS_BUFFER_TOO_SMALL;
    *done = size;
    return MmCopyToUser(buffers->Out, answer, size);
}

void IoInitialize(const MULTIBOOT_INFO *info)
{
    KeInitializeEvent(&IopReaderMayGo, EventSynchronizationObject, TRUE);
    IopInitializeKeyboard();
    if (!(info->Flags & MULTIBOOT_HAS_MODULES) || info->ModuleCount == 0) {
        DbgPrint("fathom: no archive of user files was loaded (Multiboot module)\n");
        return;
    }
    const MULTIBOOT_MODULE *module =
        MmPhysicalToVirtual(info->Modules, sizeof(MULTIBOOT_MODULE));
    const UCHAR *archive =
        module != NULL ? MmPhysicalToVirtual(module->Start, module->End - module->Start)
                       : NULL;
    if (archive == NULL)
        DbgPrint("fathom: the archive of user files lies out of the kernel's reach\n");
    else
        IopLoadArchive(archive, module->End - module->Start);
}
