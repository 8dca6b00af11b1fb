/* keyboard.c - what is typed: PS/2 keyboard (scan code set 1, US layout) and COM1.
 *
 * The interrupt puts scan codes in a ring; whoever reads makes characters of them.
 * Source: IBM PC AT Technical Reference, keyboard scan codes, set 1.
 */
#include "iop.h"

#define KEYBOARD_DATA   0x60
#define KEYBOARD_STATUS 0x64
#define RING_SIZE       64u
#define RELEASED        0x80
#define LEFT_SHIFT      0x2A
#define RIGHT_SHIFT     0x36
#define CONTROL         0x1D
#define CAPS_LOCK       0x3A

static volatile UCHAR IopRing[RING_SIZE];
static volatile ULONG IopRingHead, IopRingTail; /* the interrupt moves Tail only */

static UCHAR ReadPort(USHORT port)
{
    UCHAR value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static void KeyboardInterrupt(void)
{
    while (ReadPort(KEYBOARD_STATUS) & 1) {
        UCHAR code = ReadPort(KEYBOARD_DATA);
        if (IopRingTail - IopRingHead < RING_SIZE)
            IopRing[IopRingTail++ % RING_SIZE] = code;
    }
}

void IopInitializeKeyboard(void)
{
    if (ReadPort(KEYBOARD_STATUS) == 0xFF)
        return;          /* no controller there */
    KeyboardInterrupt(); /* what the firmware left */
    IopRingHead = IopRingTail;
    KeConnectInterrupt(1, KeyboardInterrupt);
}

static int Translate(UCHAR code)
{
    static const char plain[] =
        "\0\33"
        "1234567890-=\b\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./"
        "\0*\0 ";
    static const char shifted[] =
        "\0\33"
        "!@#$%^&*()_+\b\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?"
        "\0*\0 ";
    static BOOLEAN shift, control, caps;
    const UCHAR key = code & ~RELEASED;

    if (key == LEFT_SHIFT || key == RIGHT_SHIFT)
        shift = !(code & RELEASED);
    else if (key == CONTROL)
        control = !(code & RELEASED);
    else if (code == CAPS_LOCK)
        caps = !caps;
    if ((code & RELEASED) || key >= sizeof plain - 1 || plain[key] == 0)
        return -1;
    char c = (shift ? shifted : plain)[key];
    if (caps && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
        c ^= 0x20;
    if (control && ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
        return c & 0x1F;
    return (UCHAR)c;
}

int IopReadKey(void)
{
    static BOOLEAN extended;

    while (IopRingHead != IopRingTail) {
        UCHAR code = IopRing[IopRingHead++ % RING_SIZE];
        if (code == 0xE0 || code == 0xE1) {
            extended = TRUE;
            continue;
        }
        int key = extended && code != 0x1C && code != 0x35 ? -1 : Translate(code);
        extended = FALSE;
        if (key >= 0)
            return key;
    }
    return KdSerialRead(0);
}
