/* handles.c - each handle that a service takes, naming what it must not.
 *
 * calls.h has a good call of every service.  One at a time each of its handles is made to be
 * none, one that was closed, one that only another process has, numbers that no handle can
 * be, those of the pseudo handles, objects of every other type, and the object itself without
 * any right to it.  The call must say what is wrong, do nothing, and leave no handle behind.
 * Only on Fathom: calls.h has its services.
 */
#include "calls.h"

static ULONG closed, foreign, failures;

/* A number that is a handle in a child, and none here. */
static HANDLE make_foreign(const char *self)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION child;
    char line[MAX_PATH + 8];
    HANDLE theirs = NULL;
    sprintf(line, "\"%s\" child", self);
    CHECK(CreateProcessA(NULL, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL,
                         &startup, &child));
    for (int i = 0; i < 200; i++)
        CHECK(DuplicateHandle(GetCurrentProcess(), event, child.hProcess, &theirs, 0,
                              FALSE, DUPLICATE_SAME_ACCESS));
    foreign = H(theirs);
    CloseHandle(child.hThread);
    return child.hProcess;
}

static int is_handle_error(ULONG status)
{
    return status == (ULONG)STATUS_INVALID_HANDLE ||
           status == (ULONG)STATUS_OBJECT_TYPE_MISMATCH ||
           status == (ULONG)STATUS_ACCESS_DENIED ||
           status == (ULONG)STATUS_INVALID_PORT_HANDLE;
}

static void one(const ROW *row, int which, ULONG handle, const char *what)
{
    ULONG a[MOST];
    reset();
    memcpy(a, row->a, sizeof a);
    a[which] = handle;
    ULONG before = handle_count(), status = call(row->number, a);
    if (!is_handle_error(status)) {
        printf("%s, argument %d, %s (%lx): %08lx\n", name_of(row), which, what, handle,
               status);
        fflush(stdout);
        failures++;
    }
    clean(row, status);
    CHECK(settles(before));
}

/* Objects of the other types: what the good call has is left out, file and folder are one. */
static void other_types(const ROW *row, int which, char how)
{
    const HANDLE objects[] = {event, semaphore, mutant, timer,  section,
                              file,  keyed,     port,   myself, my_thread};
    for (unsigned i = 0; i < sizeof objects / sizeof *objects; i++) {
        const HANDLE object = objects[i];
        const ULONG own = row->a[which];
        int same = H(object) == own ||
                   (object == file &&
                    (own == H(folder) || own == H(console) || own == H(pipe_reader))) ||
                   (object == file && row->number == SERVICE_NtCreateSection) ||
                   (object == event && !own) ||
                   (object == port && own == H(conversation)) ||
                   (object == myself && strchr("pP", how)) ||
                   (object == my_thread && strchr("tT", how));
        if (!same)
            one(row, which, H(object), "another type");
    }
}

/* The row's own object through a handle without rights. */
static void no_access(const ROW *row, int which)
{
    HANDLE weak;
    ULONG own = row->a[which];
    if (own == ~0u)
        own = H(myself);
    if (own == ~1u)
        own = H(my_thread);
    if (!own)
        return;
    CHECK(DuplicateHandle(GetCurrentProcess(), (HANDLE)own, GetCurrentProcess(), &weak, 0,
                          FALSE, 0));
    one(row, which, H(weak), "without a right");
    CloseHandle(weak);
}

static void each_handle(const ROW *row, int which, char how)
{
    static const ULONG none[] = {0x0FFFFFFC, 0x7FFFFFFC, 0x80000004, 0x80100000,
                                 0xFFFFFFF0, 0xFFFFFFFC, 0xFFFFFFFD};
    for (unsigned i = 0; i < sizeof none / sizeof *none; i++)
        one(row, which, none[i], "no handle");
    one(row, which, closed, "closed");
    one(row, which, foreign, "another process's");
    if (strchr("pthfe", how))
        one(row, which, 0, "zero");
    if (how == 'e') /* any type will do, and what needs no right is no error */
        return;
    if (!strchr("pP", how))
        one(row, which, ~0u, "the process");
    if (!strchr("tT", how))
        one(row, which, ~1u, "the thread");
    other_types(row, which, how);
    if (how != 'f')
        no_access(row, which);
}

int main(int argc, char **argv)
{
    (void)argc;
    if (!LoadLibraryA("fathom.dll"))
        return 0;
    make_objects();
    make_rows();
    every_service();
    closed = H(CreateEventA(NULL, FALSE, FALSE, NULL));
    HANDLE child = make_foreign(argv[0]);
    CloseHandle((HANDLE)closed);
    for (unsigned i = 0; i < row_count; i++)
        for (int j = 0; rows[i].arguments[j + 1]; j++)
            if (strchr("ptPThHfe", rows[i].arguments[j + 1]))
                each_handle(&rows[i], j, rows[i].arguments[j + 1]);
    CHECK(TerminateProcess(child, 0));
    CHECK_EQUAL(WaitForSingleObject(child, 20000), WAIT_OBJECT_0);
    CHECK_EQUAL(failures, 0);
    return 0;
}
