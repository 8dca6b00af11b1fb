/* twice.c - frees a block twice and says what came of it; with an argument, asks to end first. */
#include <windows.h>
#include <stdio.h>

int main(int count, char **words)
{
    void *block = HeapAlloc(GetProcessHeap(), 0, 100);
    (void)words;
    if (count > 1)
        HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0);
    HeapFree(GetProcessHeap(), 0, block);
    SetLastError(0);
    BOOL freed = HeapFree(GetProcessHeap(), 0, block);
    printf("HeapFree %d, error %lu\n", freed, GetLastError());
    return 0;
}
