/* stream.c - events of all processes to the host, as binary records.
 *
 *     Data   |record|record|record|..........|      in memory of ours that a host maps
 *                                 ^ Used
 *
 * A record is made in place.  When the next one finds no room, two bytes go to Port (boot word
 * ring=PORT).  The first wakes the host; the second OUT does not end before the host has taken the
 * records, set Used to 0 and read the first byte, because the line holds one byte.  No instruction
 * runs meanwhile: under icount a run with events repeats to the instruction.  Without ring= there
 * is no such host: each record goes out of COM2.
 *
 *   T1  Used <= sizeof Data, a multiple of 4; a record in it is whole
 *   T2  every event has a number, given once: one that finds no room leaves a gap, is counted in
 *       Lost, and the next that finds room comes after an EventsLost
 *
 * Layout of a record: FATHOM_RECORD (fathom.h), docs/events.md.  Lock: none, the kernel is not
 * preempted and no interrupt handler traces.  Program memory cannot reach Data.
 */
#include "observe/observe.h"
#include "kd/port.h"

#define FULL       'F'
#define GO_ON      'G'
#define HERE       'H'
#define MOST_TEXT  255 /* bytes of a name */
#define COM2       1
#define LOST_BYTES (offsetof(FATHOM_RECORD, Words) + sizeof(ULONG)) /* an EventsLost */

static struct {
    volatile ULONG Used, Lost;
    UCHAR Data[0x10000 - 8];
} KdpRing __attribute__((aligned(PAGE_SIZE)));

static ULONG KdpPort, KdpNumber, KdpLostSaid, KdpHolds;

void KdOpenStream(ULONG port)
{
    const ULONG offer[2] = {(ULONG)&KdpRing - MM_SYSTEM_RANGE_START, sizeof KdpRing.Data};
    KdpPort = port;
    KdpHolds = KeBootNumber("hold", 0);
    if (port)
        KdHostSend('V', offer, sizeof offer);
}

/* noinline: the way of a record that finds room stays short. */
static __attribute__((noinline)) void KdpAskHost(void)
{
    KdOut8(KdpPort, FULL);
    KdOut8(KdpPort, GO_ON);
}

/* Room for count records more, of bytes in all, after word of those that were lost; FALSE: they are
 * lost, too. */
static __attribute__((noinline)) BOOLEAN KdpMakeRoom(ULONG bytes, ULONG count)
{
    const ULONG lost = KdpRing.Lost - KdpLostSaid;
    if (bytes + LOST_BYTES > sizeof KdpRing.Data - KdpRing.Used && KdpPort)
        KdpAskHost();
    if (bytes + LOST_BYTES > sizeof KdpRing.Data - KdpRing.Used) {
        KdpRing.Lost += count;
        KdpNumber += count;
        return FALSE;
    }
    KdpLostSaid = KdpRing.Lost;
    if (lost) {
        const KDEVENT said = {.Id = EventEventsLost,
                              .FieldCount = 1,
                              .Fields = &lost,
                              .Time = KeReadTsc() - KdTraceOverhead};
        KdStreamEvent(&said, NULL);
    }
    return TRUE;
}

FATHOM_RECORD *KdNewRecords(ULONG bytes, ULONG count, ULONG *number)
{
    if (__builtin_expect(bytes > sizeof KdpRing.Data - KdpRing.Used ||
                             KdpRing.Lost != KdpLostSaid,
                         0) &&
        !KdpMakeRoom(bytes, count))
        return NULL;
    *number = KdpNumber;
    KdpNumber += count;
    return (FATHOM_RECORD *)&KdpRing.Data[KdpRing.Used];
}

static __attribute__((noinline)) void KdpHoldHere(void)
{
    KdOut8(KdpPort, HERE);
    while (KdIn8(KdpPort) != 0)
        ;
}

void KdEndRecords(const FATHOM_RECORD *first, ULONG bytes)
{
    if (KdpPort)
        KdpRing.Used += bytes;
    else
        KdSerialWrite(COM2, first, bytes);
    if (KdpPort && KdpHolds)
        KdpHoldHere();
}

static void KdpCopyFrames(FATHOM_RECORD *record, const FATHOM_FRAME *frames)
{
    ULONG *address = record->Words + record->FieldCount;
    UCHAR *flags = (UCHAR *)(address + record->FrameCount);
    for (ULONG i = 0; i < record->FrameCount; i++) {
        address[i] = frames[i].Address;
        flags[i] = frames[i].Flags;
    }
}

void KdStreamEvent(const KDEVENT *event, const char *text)
{
    const ULONG length = text ? KdTextLength(text, MOST_TEXT) : 0;
    const ULONG words = event->FieldCount + event->FrameCount;
    const ULONG bytes = (event->FrameCount + length + 3) & ~3u;
    const ULONG size = offsetof(FATHOM_RECORD, Words) + 4 * words + bytes;
    ULONG number;
    FATHOM_RECORD *record = KdNewRecords(size, 1, &number);
    if (!record)
        return;
    record->Size = size;
    record->Sequence = number;
    record->Id = event->Id;
    record->FieldCount = event->FieldCount;
    record->Time = event->Time;
    record->ProcessId = event->ProcessId;
    record->ThreadId = event->ThreadId;
    record->FrameCount = event->FrameCount;
    record->TextLength = length;
    for (ULONG i = 0; i < event->FieldCount; i++)
        record->Words[i] = event->Fields[i];
    if (event->FrameCount)
        KdpCopyFrames(record, event->Frames);
    if (length)
        memcpy((UCHAR *)(record->Words + words) + event->FrameCount, text, length);
    KdEndRecords(record, size);
}
