/* host.c - the host port: how results reach the tool that started the machine.
 *
 * A frame is u8 type, u32le length, payload, both ways; the list of types is in
 * docs/hostport.md.  Only ring 0 reaches the ports, so nothing a program prints can pass
 * for a verdict.  Frames go out by port E9h (QEMU's debug console) and come in by COM3;
 * those that come are assembled from the tick and from the line's interrupt and handed,
 * whole, to KdHostCommand.
 *
 * A byte through a port costs the host a system call, so there is a faster way for the
 * same bytes: the window, a ring in our memory that a host which backs it by a file maps.
 *
 *     Data   |......bytes not taken yet......|
 *            ^ Head, moved by the host       ^ Tail, moved by us, then '!' to port E9h
 *
 *   W1  bytes go by the port until Attached is seen, and all by the window from then on:
 *       the host reads the window only for a '!', so the order of bytes is kept
 *   W2  Tail - Head <= sizeof Data; we wait for the host when it is full
 *   W3  under icount the window is not offered: when the host attaches depends on its
 *       clock, and runs must repeat to the instruction
 *
 * Lock: interrupts off.  Program memory cannot reach the window.
 */
#include "observe/observe.h"
#include "kd/port.h"

#define HOST_PORT  0xE9
#define DOORBELL   '!'
#define DATA_FRAME 'D'
#define IN_WINDOW  'd' /* payload: u32 length; the bytes of a 'D' lie in Window.In */

void (*KdHostCommand)(ULONG type, const void *payload, ULONG length);

static struct {
    volatile ULONG Attached, Head, Tail;
    UCHAR In[KD_HOST_PAYLOAD];
    UCHAR Data[0x10000];
} KdpWindow __attribute__((aligned(PAGE_SIZE)));

static void KdpPortBytes(const void *bytes, ULONG length)
{
    __asm__ volatile("rep outsb"
                     : "+S"(bytes), "+c"(length)
                     : "d"((USHORT)HOST_PORT)
                     : "memory");
}

static void KdpWindowBytes(const UCHAR *bytes, ULONG length)
{
    while (length) {
        const ULONG room = sizeof KdpWindow.Data - (KdpWindow.Tail - KdpWindow.Head);
        const ULONG at = KdpWindow.Tail % sizeof KdpWindow.Data;
        ULONG part = min(length, min(room, sizeof KdpWindow.Data - at));
        __builtin_memcpy(&KdpWindow.Data[at], bytes, part);
        bytes += part;
        length -= part;
        KdpWindow.Tail += part;
        if (length && !part)
            __asm__ volatile("pause");
        else if (length)
            KdOut8(HOST_PORT, DOORBELL);
    }
}

void KdHostSend(ULONG type, const void *payload, ULONG length)
{
    const UCHAR head[5] = {type, length, length >> 8, length >> 16, length >> 24};
    if (!KdHostPresent)
        return;
    const ULONG flags = KeDisable();
    if (KdpWindow.Attached) {
        KdpWindowBytes(head, sizeof head);
        KdpWindowBytes(payload, length);
        KdOut8(HOST_PORT, DOORBELL);
    } else {
        KdpPortBytes(head, sizeof head);
        KdpPortBytes(payload, length);
    }
    KeRestore(flags);
}

/* Tell the host where the window lies; whether it ever looks is its affair. */
void KdHostOfferWindow(void)
{
    const ULONG offer[4] = {(ULONG)&KdpWindow - MM_SYSTEM_RANGE_START,
                            offsetof(__typeof__(KdpWindow), In), sizeof KdpWindow.In,
                            sizeof KdpWindow.Data};
    KdHostSend('W', offer, sizeof offer);
}

/* Frames from the host: what has come so far. */
static struct {
    UCHAR Head[5];
    UCHAR Payload[KD_HOST_PAYLOAD];
    ULONG Have; /* bytes of head and payload */
} KdpFrame;

static void KdpFrameComplete(ULONG type, ULONG length)
{
    const UCHAR *payload = KdpFrame.Payload;
    if (type == IN_WINDOW) {
        __builtin_memcpy(&length, KdpFrame.Payload, sizeof length);
        payload = KdpWindow.In;
        type = DATA_FRAME;
    }
    if (KdHostCommand)
        KdHostCommand(type, payload, min(length, KD_HOST_PAYLOAD));
}

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
    KdpFrameComplete(KdpFrame.Head[0], length);
}

void KdPollHost(void)
{
    const ULONG flags = KeDisable();
    for (int byte; (byte = KdSerialRead(2)) >= 0;)
        KdpHostByte(byte);
    KeRestore(flags);
}
