/* arguments.c - the command line is split as Visual C++ documents it. */
#include <windows.h>
#include <string.h>
#include "check.h"

static int split(const char *line)
{
    char whole[MAX_PATH + 200];
    STARTUPINFOA start = {.cb = sizeof(start)};
    PROCESS_INFORMATION process;
    DWORD code = 99;
    GetModuleFileNameA(NULL, whole, MAX_PATH);
    strcat(strcat(whole, " "), line);
    CHECK(
        CreateProcessA(NULL, whole, NULL, NULL, FALSE, 0, NULL, NULL, &start, &process));
    CHECK(WaitForSingleObject(process.hProcess, 20000) == WAIT_OBJECT_0);
    GetExitCodeProcess(process.hProcess, &code);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return (int)code;
}

/* Run with a number in front: is the rest of argv what the table says?  The first six
 * lines are those of Microsoft's page "Parsing C command-line arguments". */
static const struct {
    const char *line, *words[4];
} table[] = {
    {"\"a b c\" d e", {"a b c", "d", "e"}},
    {"\"ab\\\"c\" \"\\\\\" d", {"ab\"c", "\\", "d"}},
    {"a\\\\\\b d\"e f\"g h", {"a\\\\\\b", "de fg", "h"}},
    {"a\\\\\\\"b c d", {"a\\\"b", "c", "d"}},
    {"a\\\\\\\\\"b c\" d e", {"a\\\\b c", "d", "e"}},
    {"\"\" x", {"", "x"}},
};

int main(int argc, char **argv)
{
    int count = sizeof(table) / sizeof(*table);
    if (argc > 1 && argv[1][0] == '#') {
        int i = argv[1][1] - '0', words = 0;
        for (; words < 4 && table[i].words[words]; words++)
            if (words + 2 >= argc || strcmp(argv[words + 2], table[i].words[words]) != 0)
                return 10 + words;
        return argc == words + 2 ? 0 : 20;
    }
    for (int i = 0; i < count; i++) {
        char line[100] = {'#', (char)('0' + i), ' '};
        strcat(line, table[i].line);
        CHECK_EQUAL(split(line), 0);
    }
    return 0;
}
