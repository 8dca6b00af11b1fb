/* link: -lneeded */
/* needs - imports a function from a DLL that is only there when it is put beside it. */
#include <stdio.h>

__declspec(dllimport) int NeededSeven(void);

int main(void)
{
    printf("%d\n", NeededSeven());
    return 0;
}
