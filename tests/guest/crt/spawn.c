/* spawn.c - other programs: _spawn*, _cwait, system, _pipe and _popen; the child is this
 * program again. */
#include <windows.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <string.h>
#include "check.h"

static char self[MAX_PATH], line[MAX_PATH + 40];

static int child(int argc, char **argv)
{
    if (strcmp(argv[1], "count") == 0)
        return argc;
    if (strcmp(argv[1], "env") == 0)
        return getenv("FATHOM_TEST") != NULL ? atoi(getenv("FATHOM_TEST")) : 99;
    if (strcmp(argv[1], "write") == 0) { /* into a descriptor that was inherited */
        int fd = atoi(argv[2]);
        return _write(fd, "from the child", 14) == 14 ? 0 : 1;
    }
    if (strcmp(argv[1], "print") == 0) {
        printf("line one\nline two\n");
        return 5;
    }
    if (strcmp(argv[1], "sum") == 0) {
        int sum = 0, number;
        while (scanf("%d", &number) == 1)
            sum += number;
        return sum;
    }
    if (strcmp(argv[1], "overlay") == 0)
        _execl(self, self, "count", "x", NULL);
    return 98;
}

static void spawned(void)
{
    const char *arguments[] = {self, "count", "two", "three", NULL};
    CHECK_EQUAL(_spawnv(_P_WAIT, self, arguments), 4);
    CHECK_EQUAL(_spawnl(_P_WAIT, self, self, "count", NULL), 2);
    CHECK_EQUAL(_spawnlp(_P_WAIT, self, self, "count", "a b", NULL), 4);
    const char *environment[] = {"OTHER=1", "FATHOM_TEST=42", NULL};
    CHECK_EQUAL(_spawnle(_P_WAIT, self, self, "env", NULL, environment), 42);
    CHECK(_putenv("FATHOM_TEST=17") == 0);
    CHECK_EQUAL(_spawnl(_P_WAIT, self, self, "env", NULL), 17);
    intptr_t process = _spawnl(_P_NOWAIT, self, self, "count", "x", NULL);
    CHECK(process > 0);
    int status = 0;
    CHECK(_cwait(&status, process, 0) == process && status == 3);
    errno = 0;
    CHECK(_cwait(&status, 0x12344, 0) == -1 && errno == ECHILD);
    errno = 0;
    CHECK(_spawnl(_P_WAIT, "no such.exe", "x", NULL) == -1 && errno == ENOENT);
    errno = 0;
    CHECK(_spawnl(77, self, self, NULL) == -1 && errno == EINVAL);
    CHECK_EQUAL(_spawnl(_P_WAIT, self, self, "overlay", NULL), 0);
    _snprintf(line, sizeof(line), "\"%s\" count 1 2 3", self);
    CHECK_EQUAL(system(line), 5);
}

static void pipes(void)
{
    int fds[2];
    char text[40] = "";
    CHECK(_pipe(fds, 512, _O_BINARY) == 0 && fds[0] > 2 && fds[1] > 2);
    char number[12];
    sprintf(number, "%d", fds[1]);
    CHECK_EQUAL(_spawnl(_P_WAIT, self, self, "write", number, NULL), 0);
    CHECK(_read(fds[0], text, 40) == 14 && strcmp(text, "from the child") == 0);
    CHECK(_close(fds[1]) == 0 && _read(fds[0], text, 40) == 0 && _close(fds[0]) == 0);
    CHECK(_pipe(fds, 512, _O_TEXT | _O_NOINHERIT) == 0);
    CHECK(_write(fds[1], "a\nb", 3) == 3 && _read(fds[0], text, 40) == 3);
    CHECK(memcmp(text, "a\nb", 3) == 0);
    CHECK(_close(fds[0]) == 0 && _close(fds[1]) == 0);
    errno = 0;
    CHECK(_pipe(fds, 512, 0x40000000) == -1 && errno == EINVAL);
}

static void programs(void)
{
    char text[40];
    _snprintf(line, sizeof(line), "\"%s\" print", self);
    FILE *stream = _popen(line, "r");
    CHECK(stream != NULL);
    CHECK(fgets(text, 40, stream) && strcmp(text, "line one\n") == 0);
    CHECK(fgets(text, 40, stream) && strcmp(text, "line two\n") == 0);
    CHECK(fgets(text, 40, stream) == NULL && feof(stream));
    CHECK_EQUAL(_pclose(stream), 5);
    _snprintf(line, sizeof(line), "\"%s\" sum", self);
    stream = _popen(line, "w");
    CHECK(stream != NULL && fprintf(stream, "%d\n%d\n%d\n", 10, 20, 33) > 0);
    CHECK_EQUAL(_pclose(stream), 63);
    errno = 0;
    CHECK(_pclose(stdout) == -1);
    CHECK(_popen(line, "x") == NULL);
}

int main(int argc, char **argv)
{
    GetModuleFileNameA(NULL, self, MAX_PATH);
    if (argc > 1)
        return child(argc, argv);
    CHECK(strchr(self, ' ') == NULL);
    spawned();
    pipes();
    programs();
    return 0;
}
