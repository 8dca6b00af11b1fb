/* find.c - files of C: by pattern. */
#include "lab.h"

static unsigned found(const char *pattern, const char *ending)
{
    WIN32_FIND_DATAA data;
    HANDLE find = FindFirstFileA(pattern, &data);
    unsigned count = 0;
    if (find == INVALID_HANDLE_VALUE)
        return 0;
    do {
        size_t length = strlen(data.cFileName), end = strlen(ending);
        if (length < end || lstrcmpiA(data.cFileName + length - end, ending) != 0)
            return ~0u;
        count++;
    } while (FindNextFileA(find, &data));
    FindClose(find);
    return count;
}

LAB_CASE(find_files)
{
    unsigned dlls = found("C:\\*.dll", ".dll");
    LAB_EXPECT(dlls > 5 && dlls != ~0u, "IopMatches", "%u files of C: by *.dll", "%u", 6,
               dlls);
    LAB_EXPECT(found("C:\\*.no", ".no") == 0, "IopMatches", "%u files of C: by *.dll",
               "%u", 0, 1);
}
