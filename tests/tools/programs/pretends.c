/* pretends.c - says what the loader says of a program that cannot start, and ends as that does. */
#include <windows.h>

int main(void)
{
    LONG(NTAPI * raise)
    (LONG, ULONG, ULONG, ULONG_PTR *, ULONG, ULONG *) =
        (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtRaiseHardError");
    ULONG_PTR parameters[2] = {0, 0};
    ULONG answer;
    raise(0xC0000135, 2, 0, parameters, 1, &answer);
    ExitProcess(0xC0000135);
}
