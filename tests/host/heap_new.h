/* heap_new.h - the heap that a test has to itself: NewWith makes it and forgets what the test
 * before left in HostHeap; New makes one that grows; Delete checks it, and that it gives back all
 * that it reserved.  Included after cmocka's header. */
#ifndef FATHOM_HEAP_NEW_H
#define FATHOM_HEAP_NEW_H
#include "heap_os.h"

static inline HEAP *NewWith(ULONG Flags)
{
    HostCatchProbes();
    HostHeap.Failures = 0;
    HostHeap.Expected = false;
    HostHeap.CommitsLeft = -1;
    HEAP *Heap = RtlCreateHeap(Flags, NULL, 0, 0, NULL, NULL);
    assert_non_null(Heap);
    return Heap;
}

static inline HEAP *New(ULONG Flags)
{
    return NewWith(Flags | HEAP_GROWABLE);
}

static inline void Delete(HEAP *Heap)
{
    assert_true(RtlpCheckHeap(Heap, false));
    assert_null(RtlDestroyHeap(Heap));
    assert_int_equal(HostHeap.Reserved, 0);
}

#endif
