/* variables.c - its environment: the name of each variable and the length of its value. */
#include <stdio.h>
#include <wchar.h>
#include <windows.h>

int main(void)
{
    for (const wchar_t *entry = GetEnvironmentStringsW(); *entry;
         entry += wcslen(entry) + 1) {
        const wchar_t *value = wcschr(entry + 1, '=') + 1;
        printf("%.*ls %u\n", (int)(value - 1 - entry), entry, (unsigned)wcslen(value));
    }
    return 0;
}
