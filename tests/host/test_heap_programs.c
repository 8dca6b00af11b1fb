/* sources: ntdll/heap/allocate.c ntdll/heap/create.c ntdll/heap/around.c ntdll/heap/debug.c ntdll/heap/encode.c ntdll/heap/find.c ntdll/heap/free.c ntdll/heap/freelist.c ntdll/heap/info.c ntdll/heap/large.c ntdll/heap/lfh.c ntdll/heap/ready.c ntdll/heap/pageheap.c ntdll/heap/realloc.c ntdll/heap/record.c ntdll/heap/segment.c ntdll/heap/trace.c ntdll/heap/validate.c ntdll/heap/walk.c tests/host/heap_os.c */
/* cflags: -fno-strict-aliasing */
/* test_heap_programs.c - the fuzzer's programs from a seed, a few seconds of them. */
#define FUZZ_MAIN
#define FUZZ_RUNS 15
#include "fuzz_heap.c"
