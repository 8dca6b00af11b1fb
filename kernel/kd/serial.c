/* serial.c - three UARTs and the host port, polled: the kernel's way to speak before all
 * else.
 *
 *   COM1 3F8h  the console          COM2 2F8h  trace events out
 *   COM3 3E8h  host frames in       port E9h   host frames out (QEMU's debug console)
 *
 * A frame is u8 type, u32le length, payload, both ways; the list of types is in
 * docs/hostport.md.  Only ring 0 reaches these ports, so nothing a program prints can
 * pass for a verdict.  Frames from the host are assembled from the tick and from the
 * line's interrupt and handed, whole, to KdHostCommand.
 */
#include "kd/kd.h"
#include "kd/port.h"

#define HOST_PORT       0xE9
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
BOOLEAN KdHostPresent;
void (*KdHostCommand)(ULONG type, const void *payload, ULONG length);

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
        /* A line nobody drains must not stop the machine: wait long, not for ever. */
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

static void KdpHostBytes(const void *bytes, ULONG length)
{
    __asm__ volatile("rep outsb"
                     : "+S"(bytes), "+c"(length)
                     : "d"((USHORT)HOST_PORT)
                     : "memory");
}

void KdHostSend(ULONG type, const void *payload, ULONG length)
{
    const UCHAR head[5] = {type, length, length >> 8, length >> 16, length >> 24};
    if (!KdHostPresent)
        return;
    const ULONG flags = KeDisable();
    KdpHostBytes(head, sizeof head);
    KdpHostBytes(payload, length);
    KeRestore(flags);
}

/* Frames from the host: what has come so far. */
static struct {
    UCHAR Head[5];
    UCHAR Payload[KD_HOST_PAYLOAD];
    ULONG Have; /* bytes of head and payload */
} KdpFrame;

static void KdpHostByte(UCHAR byte)
{
    if (KdpFrame.Have < sizeof KdpFrame.Head) {
        KdpFrame.Head[KdpFrame.Have++] = byte;
    } else {
        const ULONG at = KdpFrame.Have++ - sizeof KdpFrame.Head;
        if (at < sizeof KdpFrame.Payload)
            KdpFrame.Payload[at] = byte;
    }
    if (KdpFrame.Have < sizeof KdpFrame.Head)
        return;
    ULONG length;
    __builtin_memcpy(&length, KdpFrame.Head + 1, sizeof length);
    if (KdpFrame.Have - sizeof KdpFrame.Head < length)
        return;
    KdpFrame.Have = 0;
    if (length > sizeof KdpFrame.Payload)
        length = sizeof KdpFrame.Payload;
    if (KdHostCommand)
        KdHostCommand(KdpFrame.Head[0], KdpFrame.Payload, length);
}

void KdPollHost(void)
{
    const ULONG flags = KeDisable();
    for (int byte; (byte = KdSerialRead(2)) >= 0;)
        KdpHostByte(byte);
    KeRestore(flags);
}
