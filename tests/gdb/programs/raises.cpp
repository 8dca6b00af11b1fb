/* raises.cpp - the exceptions that end a program, one by its argument. */
#include <stdexcept>
#include <stdlib.h>
#include <windows.h>

#pragma GCC diagnostic ignored "-Wuse-after-free"

static int *volatile nothing;

static void again(void *block)
{
    free(block);
    free(block); /* heap */
}

static int thrower(int n)
{
    if (n)
        throw std::runtime_error("no"); /* throw */
    return n;
}

int main(int count, char **words)
{
    switch (count > 1 ? words[1][0] : ' ') {
    case 'a':
        return *nothing; /* access */
    case 'b':
        DebugBreak(); /* break */
        return 7;
    case 'h':
        again(malloc(40));
        return 0;
    case 'r':
        RaiseException(0xE0001234, 0, 0, NULL); /* raise */
        return 0;
    case 't':
        try {
            return thrower(1);
        } catch (std::exception &) {
            return 5;
        }
    case 'u':
        return thrower(2);
    }
    return 0;
}
