/* assert.c - ASSERT: a statement of ours turned out to be false. */
#include "kd/kd.h"

void KdAssertFailed(const char *expression, const char *file, int line)
{
    KdPrintEverywhere("\nASSERT ", 8);
    KdpSay("\n*** ASSERT(%s) failed at %s:%d", expression, file, line);
    KeBugCheckEx(ASSERTION_FAILED, (ULONG_PTR)expression, (ULONG_PTR)file, line, 0);
}
