/* share.cpp - GlobalAlloc shares nothing: two real processes and one address.
 *
 * This process puts a secret into a GlobalAlloc block and starts a second one with the
 * address. The second allocates as well, looks at the same address, and answers by its
 * exit code:
 *
 *   bits 31..28   1: the address is not readable there; 2: it holds other bytes; 3: the
 * secret bits 27..0    the physical page of the address there (0: none)
 *
 * A number that is random per run is the secret, so that nothing but this memory can hold
 * it.
 */
#include "walk.h"
#include <cstdio>
#include <cstring>

static const ULONG seen_nothing = 1, seen_other = 2, seen_secret = 3;
static const size_t block_size = 64 * 1024;

/* The secret is words[i] = seed * odd: only its check is passed on, never its bytes. */
static ULONG seed_word(ULONG seed, size_t i)
{
    return (seed + (ULONG)i) * 2654435761u;
}

static bool is_secret(const ULONG *words)
{
    /* The second process does not know the seed: it looks for the law between neighbours. */
    for (size_t i = 1; i < 64; i++)
        if (words[i] - words[i - 1] != 2654435761u)
            return false;
    return true;
}

int peek_main(ULONG address)
{
    void *own = GlobalAlloc(GMEM_FIXED, block_size);
    memset(own, 'o', block_size);
    ULONG words[64], pfn = 0;
    SIZE_T got = 0;
    ULONG seen = seen_nothing;
    if (ReadProcessMemory(GetCurrentProcess(), (void *)address, words, sizeof words,
                          &got) &&
        got == sizeof words)
        seen = is_secret(words) ? seen_secret : seen_other;
    if (capture_open())
        page_of((void *)address, &pfn);
    GlobalFree(own);
    return (int)(seen << 28 | (seen == seen_nothing ? 0 : pfn));
}

void show_sharing()
{
    title("GlobalAlloc shares nothing between processes");
    ULONG *block = (ULONG *)GlobalAlloc(GMEM_FIXED, block_size), pfn = 0;
    LARGE_INTEGER now;
    QueryPerformanceCounter(&now);
    for (size_t i = 0; block && i < block_size / sizeof *block; i++)
        block[i] = seed_word(now.LowPart ^ GetCurrentProcessId(), i);
    ULONG *middle = block + block_size / sizeof *block / 2;
    bool named = capture_open() && page_of(middle, &pfn);

    char program[MAX_PATH], line[MAX_PATH + 40];
    GetModuleFileNameA(nullptr, program, sizeof program);
    snprintf(line, sizeof line, "\"%s\" --peek %p", program, (void *)middle);
    STARTUPINFOA start = {};
    start.cb = sizeof start;
    PROCESS_INFORMATION second;
    if (!block || !CreateProcessA(program, line, nullptr, nullptr, FALSE, 0, nullptr,
                                  nullptr, &start, &second)) {
        proof(false, "5", "the second process could not be started, error %lu",
              GetLastError());
        return;
    }
    DWORD answer = 0;
    WaitForSingleObject(second.hProcess, INFINITE);
    GetExitCodeProcess(second.hProcess, &answer);
    say("  process %lu wrote a secret at %p%s", GetCurrentProcessId(), (void *)middle,
        named ? format(", physical page %lX", pfn).c_str() : "");
    ULONG there = answer & 0x0FFFFFFF;
    say("  process %lu looked at the same address: %s%s", second.dwProcessId,
        answer >> 28 == seen_nothing  ? "nothing is mapped there"
        : answer >> 28 == seen_other  ? "it holds other bytes"
        : answer >> 28 == seen_secret ? "THE SECRET"
                                      : "no answer",
        named && there ? format(", physical page %lX", there).c_str() : "");
    proof(answer >> 28 == seen_nothing || answer >> 28 == seen_other, "5",
          "the second process cannot read the first's block");
    if (named && there)
        proof(there != pfn, "5", "one address, two physical pages: %lX and %lX", pfn,
              there);
    screen_text(named && there ? format("one address, two processes, two pages: %lX, %lX",
                                        pfn, there)
                               : "another process does not see GlobalAlloc's block");
    CloseHandle(second.hProcess);
    CloseHandle(second.hThread);
    GlobalFree(block);
}
