/* red.c - a test that fails, in each of the ways that a guest test has (tests/tools/red.t). */
#include "documented.h"
#include <string.h>

int main(int count, char **words)
{
    const char *way = count > 1 ? words[1] : "";
    for (int line = 1; line <= 100; line++)
        printf("line %d\n", line);
    SetLastError(5);
    if (!strcmp(way, "check"))
        CHECK(way == NULL);
    if (!strcmp(way, "equal"))
        CHECK_EQUAL(way[0], 'E');
    if (!strcmp(way, "fails"))
        documented("CloseHandle", "a wrong handle is refused", SAME,
                   FAILS(CloseHandle((HANDLE)0x1234), ERROR_ACCESS_DENIED));
    if (!strcmp(way, "bytes"))
        printf("\x1b[31m red \x9b# and \xe2\x80\xa8 ok 7\n");
    return documented_wrong ? documented_wrong : 9;
}
