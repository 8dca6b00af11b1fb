/* opens.c - asks for an event that is not there, once. */
#include <windows.h>

int main(void)
{
    return OpenEventA(EVENT_ALL_ACCESS, FALSE, "an event of no one's") != NULL;
}
