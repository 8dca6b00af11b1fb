/* lock.c - byte ranges of a file that are locked.
 *
 *                         shared lock, or read     write              exclusive lock
 *   against a shared      granted                  refused            refused
 *   against an exclusive  granted to its owner     to its owner       refused
 *
 * The owner is the file object in one process; the lock goes with the object's last handle.  A file
 * has at most IOP_LOCKS of them, since each read and write looks at all.  Views are not kept out.
 * Source: LockFileEx; ZwLockFile in the WDK.
 */
#include "iop.h"

#define IOP_LOCKS 1024u

static KEVENT IopUnlocked = {{.Type = EventNotificationObject,
                              .WaitListHead = {&IopUnlocked.Header.WaitListHead,
                                               &IopUnlocked.Header.WaitListHead}}};

static BOOLEAN IopOverlap(const IOPLOCK *a, const IOPLOCK *b)
{
    return a->Length && b->Length && a->First <= b->First + (b->Length - 1) &&
           b->First <= a->First + (a->Length - 1);
}

static BOOLEAN IopIsBlocked(const IOPLOCK *asked)
{
    LIST_EACH(const IOPLOCK, lock, &asked->File->Node->Locks, Links) {
        const BOOLEAN own = lock->File == asked->File && lock->Space == asked->Space;
        if (IopOverlap(lock, asked) &&
            (lock->Exclusive ? asked->Exclusive || !own : asked->Write))
            return TRUE;
    }
    return FALSE;
}

NTSTATUS IopCheckLocks(const IOFILE *file, ULONGLONG first, ULONGLONG length,
                       BOOLEAN write)
{
    const IOPLOCK access = {{NULL, NULL}, file, MmCurrentSpace(), first, length, 0,
                            write,        FALSE};
    return IopIsBlocked(&access) ? STATUS_FILE_LOCK_CONFLICT : STATUS_SUCCESS;
}

NTSTATUS IopTakeLock(const IOPLOCK *asked, BOOLEAN immediately)
{
    IONODE *node = asked->File->Node;
    while (IopIsBlocked(asked)) {
        if (immediately)
            return STATUS_LOCK_NOT_GRANTED;
        KeResetEvent(&IopUnlocked);
        NTSTATUS status = KeWaitForSingleObject(&IopUnlocked, FALSE, KE_ONCE, NULL);
        if (!NT_SUCCESS(status))
            return status;
    }
    IOPLOCK *lock =
        node->LockCount < IOP_LOCKS ? ExAllocatePool(sizeof *lock, IO_TAG) : NULL;
    if (lock == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *lock = *asked;
    InsertTailList(&node->Locks, &lock->Links);
    node->LockCount++;
    return STATUS_SUCCESS;
}

BOOLEAN IopDropLocks(const IOFILE *file, const IOPLOCK *one)
{
    IONODE *node = file->Node;
    const ULONG before = node->LockCount;
    for (LIST_ENTRY *entry = node->Locks.Flink; entry != &node->Locks;) {
        IOPLOCK *lock = CONTAINING_RECORD(entry, IOPLOCK, Links);
        entry = entry->Flink;
        if (lock->File != file ||
            (one && (lock->Space != one->Space || lock->First != one->First ||
                     lock->Length != one->Length || lock->Key != one->Key)))
            continue;
        RemoveEntryList(&lock->Links);
        ExFreePool(lock);
        node->LockCount--;
        KeSetEvent(&IopUnlocked);
        if (one)
            break;
    }
    return node->LockCount < before;
}
