/* keyboard.c - what is typed: PS/2 keyboard (scan code set 1, US layout) and COM1.
 *
 * The interrupts make characters of what comes and put them in a ring; a reader takes them
 * out.  Ctrl-C (unless the console's mode says otherwise) and Ctrl-Break do not go into
 * the ring: they wake the thread that waits for them, and end a read that is under way.
 * Keys of no character make what a terminal sends for them (ESC [ A), but Page Up and Page
 * Down, which are the screen's.
 * Source: IBM PC AT Technical Reference, keyboard scan codes, set 1.
 */
#include "iop.h"
#include "kd/port.h"

#define KEYBOARD_DATA   0x60
#define KEYBOARD_STATUS 0x64
#define RING_SIZE       256u
#define RELEASED        0x80
#define LEFT_SHIFT      0x2A
#define RIGHT_SHIFT     0x36
#define CONTROL         0x1D
#define CAPS_LOCK       0x3A
#define BREAK           0x46 /* after E0: Ctrl-Pause */
#define PAGE_UP         0x49
#define PAGE_DOWN       0x51
#define COM1_IRQ        4
#define CTRL_C          3

static volatile UCHAR IopRing[RING_SIZE];
static volatile ULONG IopRingHead, IopRingTail; /* the interrupts move Tail only */
static KEVENT IopControlTyped;
static ULONG IopControls; /* two bits each, the first highest: 1 Ctrl-C, 2 Ctrl-Break */
static volatile BOOLEAN IopInterrupted;
static volatile LONG IopPages; /* screens up that were asked for, and not yet shown */

static BOOLEAN IopControlHeld;

static int IopTranslate(UCHAR code)
{
    static const char plain[] =
        "\0\33"
        "1234567890-=\b\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./"
        "\0*\0 ";
    static const char shifted[] =
        "\0\33"
        "!@#$%^&*()_+\b\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?"
        "\0*\0 ";
    static BOOLEAN shift, caps;
    const UCHAR key = code & ~RELEASED;

    if (key == LEFT_SHIFT || key == RIGHT_SHIFT)
        shift = !(code & RELEASED);
    else if (key == CONTROL)
        IopControlHeld = !(code & RELEASED);
    else if (code == CAPS_LOCK)
        caps = !caps;
    if ((code & RELEASED) || key >= sizeof plain - 1 || plain[key] == 0)
        return -1;
    char c = (shift ? shifted : plain)[key];
    if (caps && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
        c ^= 0x20;
    if (IopControlHeld && ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
        return c & 0x1F;
    return (UCHAR)c;
}

static void IopControlKey(ULONG event)
{
    IopControls = IopControls << 2 | (event + 1); /* of seventeen the first is lost */
    IopInterrupted = TRUE;
    KeSetEvent(&IopControlTyped);
}

static void IopTyped(int key)
{
    if (key == CTRL_C && IopInputIsProcessed())
        IopControlKey(0);
    else if (key >= 0 && IopRingTail - IopRingHead < RING_SIZE)
        IopRing[IopRingTail++ % RING_SIZE] = key;
}

/* A key of the grey block, with E0 before it. */
static void IopGreyKey(UCHAR code)
{
    static const struct {
        UCHAR Code;
        char Text[5];
    } keys[] = {{0x48, "\33[A"}, {0x50, "\33[B"}, {0x4D, "\33[C"}, {0x4B, "\33[D"},
                {0x47, "\33[H"}, {0x4F, "\33[F"}, {0x53, "\33[3~"}};
    if (code == PAGE_UP || code == PAGE_DOWN) {
        IopPages += code == PAGE_UP ? 1 : -1;
        KeSetEvent(&IopControlTyped);
    }
    for (ULONG i = 0; i < sizeof keys / sizeof *keys; i++)
        for (const char *c = keys[i].Code == code ? keys[i].Text : ""; *c != 0; c++)
            IopTyped(*c);
}

static void IopKeyboardInterrupt(void)
{
    static BOOLEAN extended;
    while (KdIn8(KEYBOARD_STATUS) & 1) {
        const UCHAR code = KdIn8(KEYBOARD_DATA);
        if (code == 0xE0 || code == 0xE1) {
            extended = TRUE;
            continue;
        }
        if (extended && code == BREAK && IopControlHeld)
            IopControlKey(1);
        else if (!extended || code == 0x1C || code == 0x35)
            IopTyped(IopTranslate(code));
        else
            IopGreyKey(code);
        extended = FALSE;
    }
}

/* A serial line waits: nothing of it is read that the ring has no room for. */
static void IopReadSerial(void)
{
    const ULONG flags = KeDisable();
    for (int byte;
         IopRingTail - IopRingHead < RING_SIZE && (byte = KdSerialRead(0)) >= 0;)
        IopTyped(byte);
    KeRestore(flags);
}

void IopInitializeKeyboard(void)
{
    KeInitializeEvent(&IopControlTyped, EventSynchronizationObject, FALSE);
    if (KdIn8(KEYBOARD_STATUS) == 0xFF)
        return;             /* no controller there */
    IopKeyboardInterrupt(); /* what the firmware left */
    IopRingHead = IopRingTail;
    KeConnectInterrupt(1, IopKeyboardInterrupt);
}

void IoListenForControl(void)
{
    KeConnectInterrupt(COM1_IRQ, IopReadSerial);
    KdSerialEnableInterrupt(0);
    IopReadSerial();
}

ULONG IoWaitForControl(void)
{
    for (;;) { /* pages are shown at once; Ctrl-C goes to the cursor */
        const LONG pages = __atomic_exchange_n(&IopPages, 0, __ATOMIC_RELAXED);
        const ULONG flags = KeDisable(), all = IopControls;
        const ULONG at = all != 0 ? 30 - (__builtin_clz(all) & 30) : 0;
        IopControls = all & ~(3u << at);
        KeRestore(flags);
        if (pages != 0 || all != 0) /* a page up and one down are none */
            IopScreenLook(all == 0 ? pages : 0);
        if (all != 0)
            return (all >> at) - 1;
        KeWaitForSingleObject(&IopControlTyped, FALSE, FALSE, NULL);
    }
}

int IopReadKey(void)
{
    if (IopRingHead == IopRingTail)
        IopReadSerial();
    return IopRingHead == IopRingTail ? -1 : IopRing[IopRingHead++ % RING_SIZE];
}

BOOLEAN IopTakeInterruption(void)
{
    return __atomic_exchange_n(&IopInterrupted, FALSE, __ATOMIC_RELAXED);
}
