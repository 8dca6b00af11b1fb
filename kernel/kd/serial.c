/* serial.c - three UARTs, polled: the kernel's way to speak before all else.
 *
 *   COM1 3F8h  the console      COM2 2F8h  trace events out      COM3 3E8h  host frames in
 *
 * What the frames are is host.c's part.
 */
#include "kd/kd.h"
#include "kd/port.h"

#define UART_DATA       0
#define UART_INTERRUPTS 1
#define UART_FIFO       2
#define UART_LINE       3
#define UART_MODEM      4
#define UART_STATUS     5
#define UART_SCRATCH    7
#define STATUS_HAS_DATA 0x01
#define STATUS_CAN_SEND 0x20

static const USHORT KdpPorts[3] = {0x3F8, 0x2F8, 0x3E8};
static BOOLEAN KdpPresent[3];

void KdInitializeSerial(void)
{
    for (ULONG i = 0; i < 3; i++) {
        const USHORT port = KdpPorts[i];
        KdOut8(port + UART_SCRATCH, 0x5A);
        KdpPresent[i] = KdIn8(port + UART_SCRATCH) == 0x5A;
        if (!KdpPresent[i])
            continue;
        KdOut8(port + UART_INTERRUPTS, 0);
        KdOut8(port + UART_LINE, 0x80); /* divisor latch */
        KdOut8(port + UART_DATA, 1);    /* 115200 baud */
        KdOut8(port + UART_INTERRUPTS, 0);
        KdOut8(port + UART_LINE, 0x03);  /* 8N1 */
        KdOut8(port + UART_FIFO, 0xC7);  /* on, cleared, 14 bytes */
        KdOut8(port + UART_MODEM, 0x0B); /* DTR, RTS, OUT2: interrupts reach the PIC */
    }
}

/* Let the receiver of port 0..2 raise its interrupt line (COM1 and COM3: 4, COM2: 3). */
void KdSerialEnableInterrupt(ULONG index)
{
    if (KdpPresent[index])
        KdOut8(KdpPorts[index] + UART_INTERRUPTS, 0x01);
}

void KdSerialWrite(ULONG index, const void *bytes, ULONG length)
{
    const UCHAR *p = bytes;
    if (!KdpPresent[index])
        return;
    for (ULONG i = 0; i < length; i++) {
        /* A line that is not read must not stop the machine: wait long, not for ever. */
        for (ULONG wait = 0; wait < 100000; wait++) {
            if (KdIn8(KdpPorts[index] + UART_STATUS) & STATUS_CAN_SEND)
                break;
        }
        KdOut8(KdpPorts[index], p[i]);
    }
}

int KdSerialRead(ULONG index)
{
    if (!KdpPresent[index] || !(KdIn8(KdpPorts[index] + UART_STATUS) & STATUS_HAS_DATA))
        return -1;
    return KdIn8(KdpPorts[index]);
}
