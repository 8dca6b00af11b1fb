/* userstack.h - how large a user stack is: one rule for threads (kernel) and fibers (ntdll).
 *
 * A commit below the reserve leaves the reserve as it is; any other raises the reserve to the
 * commit, rounded up to 1 MiB, and no further.  The guard is the page below what is committed:
 * a stack that is committed whole has none.  Source: "Thread Stack Size" in the Win32
 * documentation.
 */
#ifndef FATHOM_USERSTACK_H
#define FATHOM_USERSTACK_H

/* Bytes; commit a multiple of a page. */
#define USER_STACK_RESERVE(Reserve, Commit)                                              \
    ((Commit) < (Reserve) ? (Reserve) : ALIGN_UP((Commit), 0x100000))
#define USER_STACK_HAS_GUARD(Reserve, Commit) ((Reserve) - (Commit) >= PAGE_SIZE)

#endif
