/* interrupt.c - the sixteen interrupt lines, and who handles them.
 *
 * Two 8259A interrupt controllers; line 0 arrives as vector 30h, as on Windows.  Handlers
 * of one line run in the order in which they were connected, with interrupts off.
 * Lock: interrupts off.  Source: Intel 8259A data sheet.
 */
#include "kd/port.h"
#include "ke/ki.h"

#define PIC1            0x20
#define PIC2            0xA0
#define PIC_END         0x20
#define SHARED_HANDLERS 4

static void (*KiHandlers[16][SHARED_HANDLERS])(void);

static void KiMask(ULONG irq, BOOLEAN masked)
{
    const USHORT port = irq < 8 ? PIC1 + 1 : PIC2 + 1;
    const UCHAR bit = 1 << irq % 8;
    KdOut8(port, masked ? KdIn8(port) | bit : KdIn8(port) & ~bit);
}

void KeConnectInterrupt(ULONG irq, void (*handler)(void))
{
    const ULONG flags = KeDisable();
    for (ULONG i = 0; i < SHARED_HANDLERS; i++) {
        if (KiHandlers[irq][i] == NULL) {
            KiHandlers[irq][i] = handler;
            break;
        }
    }
    KiMask(irq, FALSE);
    if (irq >= 8)
        KiMask(2, FALSE);
    KeRestore(flags);
}

void KiInterrupt(ULONG irq)
{
    /* End of interrupt first: the lines are edge triggered and we run with interrupts
     * off. */
    if (irq >= 8)
        KdOut8(PIC2, PIC_END);
    KdOut8(PIC1, PIC_END);
    for (ULONG i = 0; i < SHARED_HANDLERS && KiHandlers[irq][i]; i++)
        KiHandlers[irq][i]();
}

void KiInitializePic(void)
{
    static const UCHAR words[2][4] = {{0x11, KE_IRQ_VECTOR, 4, 1},
                                      {0x11, KE_IRQ_VECTOR + 8, 2, 1}};
    for (ULONG pic = 0; pic < 2; pic++) {
        const USHORT port = pic == 0 ? PIC1 : PIC2;
        KdOut8(port, words[pic][0]);
        for (ULONG i = 1; i < 4; i++)
            KdOut8(port + 1, words[pic][i]);
        KdOut8(port + 1, 0xFF); /* every line masked until somebody wants it */
    }
}
