/* null.c - calls NtFathomNull and ends with its status. */
#include <windows.h>

int main(void)
{
    long(WINAPI * null)(void) =
        (void *)GetProcAddress(GetModuleHandleA("ntdll"), "NtFathomNull");
    return null();
}
