/* random.c - SystemFunction036, which programs call RtlGenRandom.
 *
 * Fathom has no source of entropy.  The bytes follow from the process's cookie, which comes from
 * the boot's seed, and from the time: with --seed under icount a run repeats to the byte.  They are
 * not for keys (docs/caveats.md).
 */
#include "advapi.h"

/* splitmix64: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators" (2014). */
static ULONGLONG Next(ULONGLONG *state)
{
    ULONGLONG z = *state += 0x9E3779B97F4A7C15ULL;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ z >> 27) * 0x94D049BB133111EBULL;
    return z ^ z >> 31;
}

BOOLEAN WINAPI SystemFunction036(PVOID buffer, ULONG length)
{
    static LONG calls;
    LARGE_INTEGER time;
    BYTE *to = buffer;
    ULONGLONG word = 0;

    QueryPerformanceCounter(&time);
    ULONGLONG state = (ULONGLONG)time.QuadPart ^
                      (ULONGLONG)(ULONG_PTR)EncodePointer(NULL) << 32 ^
                      (ULONGLONG)InterlockedIncrement(&calls) << 20;
    for (ULONG i = 0; i < length; i++, word >>= 8) {
        if (i % 8 == 0)
            word = Next(&state);
        to[i] = (BYTE)word;
    }
    return TRUE;
}
