/* cases.h - cmocka with each case in a process of its own.
 *
 * The parent runs nothing of what is tested.  It forks for each case, keeps what the child says,
 * and judges by how the child ends.  So a case that aborts, or that a sanitizer ends, does not hide
 * the others, and no case sees what an earlier one left behind.  The output is TAP; what a failed
 * case said follows as comments.
 *
 *   CASE=TestEdge build/tests/host/test_heap     that case alone, in this process: for gdb
 */
#ifndef HOST_CASES_H
#define HOST_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Runs one case.  Returns the number of failures; a child passes it on as its exit code. */
static int HostRunCase(const struct CMUnitTest *Case)
{
    unsetenv("CMOCKA_MESSAGE_OUTPUT"); /* plain words: the parent makes the TAP */
    cmocka_set_message_output(CM_OUTPUT_STDOUT);
    return _cmocka_run_group_tests(Case->name, Case, 1, NULL, NULL);
}

/* Runs one case in a child.  Returns the status of waitpid; *Said is what the child wrote. */
static int HostForkCase(const struct CMUnitTest *Case, FILE *Said)
{
    int Status = -1;
    fflush(NULL);
    pid_t Child = fork();
    if (Child == 0) {
        dup2(fileno(Said), 1);
        dup2(fileno(Said), 2);
        setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* an abort must not lose it */
        exit(HostRunCase(Case) ? 1 : 0);
    }
    waitpid(Child, &Status, 0);
    return Status;
}

/* AddressSanitizer asks for it: a stack also for abort(), which the heap ends with. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "handle_abort=1";
}

/* What cmocka says of the run itself, which for one case is no news. */
static int HostIsNoise(const char *Line)
{
    static const char *const Noise[] = {"[==",       "[ RUN",     "[  PASSED",
                                        "[  FAILED", " 1 FAILED", "\n"};
    for (size_t i = 0; i < sizeof Noise / sizeof *Noise; i++)
        if (strncmp(Line, Noise[i], strlen(Noise[i])) == 0)
            return 1;
    return 0;
}

static void HostShow(FILE *Said)
{
    char Line[500];
    rewind(Said);
    while (fgets(Line, sizeof Line, Said))
        if (!HostIsNoise(Line))
            printf("# %s%s", Line, strchr(Line, '\n') ? "" : "\n");
}

static int HostRunCases(const struct CMUnitTest *Cases, size_t Count)
{
    const char *Only = getenv("CASE");
    int Failed = 0;
    for (size_t i = 0; i < Count; i++) {
        if (Only && strcmp(Only, Cases[i].name) == 0)
            return HostRunCase(&Cases[i]);
        FILE *Said = tmpfile();
        int Status = HostForkCase(&Cases[i], Said);
        printf("%sok %zu - %s\n", Status ? "not " : "", i + 1, Cases[i].name);
        if (Status) {
            HostShow(Said);
            if (WIFSIGNALED(Status))
                printf("# ended by signal %d\n", WTERMSIG(Status));
        }
        Failed += Status != 0;
        fclose(Said);
    }
    printf("1..%zu\n", Count);
    return Failed != 0;
}

/* No group has a set-up of its own: each case would need it. */
#undef cmocka_run_group_tests
#define cmocka_run_group_tests(Cases, Setup, Teardown)                                   \
    HostRunCases(Cases, sizeof(Cases) / sizeof(Cases)[0])

#endif
