/* heapcheck.c - the CRT's windows on its heap: _heapchk, _heapwalk, _heapmin and the
 * thresholds.
 *
 * Everything is asked of the system's heap; the answers are translated into the CRT's
 * codes. The "small-block heap" of old Visual C++ does not exist (nor does it in Windows
 * 7's msvcrt for new programs), so its threshold is 0 and cannot be raised. Lock:
 * HeapLock around a walk, so that one step sees one state.
 */
#include "crt.h"

/* _HEAPOK or _HEAPBADNODE.  Source: _heapchk. */
int __cdecl _heapchk(void)
{
    return HeapValidate(crt_heap, 0, NULL) ? _HEAPOK : _HEAPBADNODE;
}

/* Gives unused memory back to the system; 0, or -1 with errno.  Source: _heapmin. */
int __cdecl _heapmin(void)
{
    return HeapCompact(crt_heap, 0) != 0 ? 0 : crt_fail_last();
}

/* As _heapchk.  Windows would fill free blocks with `fill`; its heap offers no such call
 * either, and its documentation calls the function obsolete. */
int __cdecl _heapset(unsigned int fill)
{
    (void)fill;
    return _heapchk();
}

/* Obsolete: memory cannot be added by hand.  -1 and ENOSYS, as documented. */
int __cdecl _heapadd(void *memory, size_t size)
{
    (void)memory;
    (void)size;
    *_errno() = ENOSYS;
    return -1;
}

size_t __cdecl _heapused(size_t *used, size_t *committed)
{
    (void)used;
    (void)committed;
    *_errno() = ENOSYS;
    return 0;
}

/* One step over the blocks of the CRT's heap: entry->_pentry null starts, otherwise it is
 * the block returned last.  Fills entry; _HEAPOK, _HEAPEND, _HEAPBADPTR (no such block)
 * or _HEAPBADNODE.  Only blocks are shown, no regions or uncommitted ranges. Source:
 * _heapwalk. */
int __cdecl _heapwalk(_HEAPINFO *entry)
{
    PROCESS_HEAP_ENTRY at = {.lpData = entry->_pentry};
    int result = _HEAPOK;
    HeapLock(crt_heap);
    if (at.lpData != NULL && entry->_useflag == _USEDENTRY &&
        !HeapValidate(crt_heap, 0, at.lpData)) {
        result = _HEAPBADPTR;
    } else {
        if (at.lpData != NULL) {
            at.cbData = (DWORD)entry->_size;
            at.wFlags = entry->_useflag == _USEDENTRY ? PROCESS_HEAP_ENTRY_BUSY : 0;
        }
        do {
            if (!HeapWalk(crt_heap, &at)) {
                result = GetLastError() == ERROR_NO_MORE_ITEMS ? _HEAPEND : _HEAPBADNODE;
                break;
            }
        } while (at.wFlags & (PROCESS_HEAP_REGION | PROCESS_HEAP_UNCOMMITTED_RANGE));
    }
    HeapUnlock(crt_heap);
    if (result == _HEAPOK) {
        entry->_pentry = at.lpData;
        entry->_size = at.cbData;
        entry->_useflag = at.wFlags & PROCESS_HEAP_ENTRY_BUSY ? _USEDENTRY : _FREEENTRY;
    }
    return result;
}

#define SBH_MOST 1016u /* bytes */
static size_t sbh_threshold;

size_t __cdecl _get_sbh_threshold(void)
{
    return sbh_threshold;
}

/* Up to 1016 bytes, rounded up to 16: 1, and it is told; there is no small-block heap any more,
 * the heap's front end does its work.  More: 0 and EINVAL.  Source: _set_sbh_threshold. */
int __cdecl _set_sbh_threshold(size_t threshold)
{
    if (threshold > SBH_MOST) {
        *_errno() = EINVAL;
        return 0;
    }
    threshold = (threshold + 15) & ~(size_t)15;
    sbh_threshold = threshold < SBH_MOST ? threshold : SBH_MOST;
    return 1;
}
