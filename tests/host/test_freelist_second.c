/* sources: labs/5-backend/second/freelist.c ntdll/heap/core/encode.c */
/* sources: ntdll/heap/gflags/freefill.c tests/host/heap_os.c */
/* cflags: -fno-strict-aliasing */
/* test_freelist_second - the same cases with the second free list. */
#include "test_freelist.c"
