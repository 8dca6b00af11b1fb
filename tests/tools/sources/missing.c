/* missing.c - imports two functions of a DLL that is nowhere and two that kernel32 has not; "call"
 * calls one of the DLL's. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

__declspec(dllimport) int gone_one(void);
__declspec(dllimport) int gone_two(void);

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    printf("started\n");
    fflush(stdout);
    GetProcAddress(GetModuleHandleA("kernel32"), "GetNothingW");
    GetProcAddress(GetModuleHandleA("kernel32"), (const char *)60000);
    if (!strcmp(word, "call"))
        return gone_one() + gone_two();
    if (!strcmp(word, "never"))
        return CreateJobObjectA(NULL, NULL) != NULL && IsWow64Process(NULL, NULL) &&
               AssignProcessToJobObject(NULL, NULL);
    return 3;
}
