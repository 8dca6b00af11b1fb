/* filelock.c - LockFileEx: byte ranges, between handles, processes and a thread that waits. */
#include "documented.h"
#include "self.h"

static HANDLE file, other;

static HANDLE opened(const char *name)
{
    return CreateFileA(name, GENERIC_READ | GENERIC_WRITE,
                       FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, 0, NULL);
}

static BOOL lock(HANDLE on, DWORD flags, DWORD from, DWORD bytes)
{
    OVERLAPPED at = {.Offset = from};
    return LockFileEx(on, flags | LOCKFILE_FAIL_IMMEDIATELY, 0, bytes, 0, &at);
}

static BOOL unlock(HANDLE on, DWORD from, DWORD bytes)
{
    return UnlockFile(on, from, 0, bytes, 0);
}

static BOOL reads(HANDLE on, DWORD from)
{
    char byte;
    DWORD done;
    SetFilePointer(on, from, NULL, FILE_BEGIN);
    return ReadFile(on, &byte, 1, &done, NULL) && done == 1;
}

static BOOL writes(HANDLE on, DWORD from)
{
    DWORD done;
    SetFilePointer(on, from, NULL, FILE_BEGIN);
    return WriteFile(on, "x", 1, &done, NULL) && done == 1;
}

static void exclusive(void)
{
    documented("LockFileEx",
               "an exclusive lock keeps other handles from reading and writing", SAME,
               lock(file, LOCKFILE_EXCLUSIVE_LOCK, 10, 10) &&
                   FAILS(reads(other, 10), ERROR_LOCK_VIOLATION) &&
                   FAILS(writes(other, 19), ERROR_LOCK_VIOLATION) && reads(other, 9) &&
                   writes(other, 20) && reads(file, 10) && writes(file, 10));
    documented(
        "LockFileEx", "an exclusive lock overlaps no other", SAME,
        FAILS(lock(other, LOCKFILE_EXCLUSIVE_LOCK, 19, 5), ERROR_LOCK_VIOLATION) &&
            FAILS(lock(other, 0, 5, 6), ERROR_LOCK_VIOLATION) &&
            FAILS(lock(file, LOCKFILE_EXCLUSIVE_LOCK, 12, 1), ERROR_LOCK_VIOLATION));
    documented("LockFileEx",
               "a shared lock may overlap an exclusive one of the same handle", SAME,
               lock(file, 0, 10, 10) && unlock(file, 10, 10) && unlock(file, 10, 10));
    documented("UnlockFile", "the range must be exactly one that was locked", SAME,
               lock(file, LOCKFILE_EXCLUSIVE_LOCK, 10, 10) &&
                   FAILS(unlock(file, 10, 5), ERROR_NOT_LOCKED) &&
                   FAILS(unlock(other, 10, 10), ERROR_NOT_LOCKED) &&
                   unlock(file, 10, 10) && FAILS(unlock(file, 10, 10), ERROR_NOT_LOCKED));
}

static void shared(void)
{
    documented(
        "LockFileEx",
        "a shared lock denies all writing, of the owner too, and no reading", SAME,
        lock(file, 0, 0, 4) && lock(other, 0, 2, 4) && reads(other, 0) &&
            reads(file, 5) && FAILS(writes(file, 0), ERROR_LOCK_VIOLATION) &&
            FAILS(writes(other, 5), ERROR_LOCK_VIOLATION) &&
            FAILS(lock(other, LOCKFILE_EXCLUSIVE_LOCK, 3, 1), ERROR_LOCK_VIOLATION));
    documented("LockFileEx", "locks are released when the handle is closed", SAME,
               CloseHandle(other) &&
                   (other = opened("C:\\Temp\\locked")) != INVALID_HANDLE_VALUE &&
                   writes(file, 5) && unlock(file, 0, 4) && writes(file, 0));
    documented("LockFile", "beyond the end of the file is no error", SAME,
               LockFile(file, 0, 0x40, 1, 0) && UnlockFile(file, 0, 0x40, 1, 0));
    documented(
        "LockFileEx", "a range that ends past 2^64 is refused", SAME,
        FAILS(LockFile(file, 2, 0xFFFFFFFF, 0xFFFFFFFF, 0), ERROR_INVALID_PARAMETER) ||
            GetLastError() == 307 /* ERROR_INVALID_LOCK_RANGE */);
    documented(
        "LockFileEx", "the reserved parameter must be zero", SAME,
        FAILS(LockFileEx(file, 0, 1, 1, 0, &(OVERLAPPED){0}), ERROR_INVALID_PARAMETER));
}

static DWORD WINAPI waits(void *unused)
{
    OVERLAPPED at = {.Offset = 30};
    (void)unused;
    return LockFileEx(other, LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &at);
}

static void waiting(void)
{
    DWORD code = 7;
    CHECK(lock(file, LOCKFILE_EXCLUSIVE_LOCK, 30, 1));
    HANDLE thread = CreateThread(NULL, 0, waits, NULL, 0, NULL);
    documented("LockFileEx", "without LOCKFILE_FAIL_IMMEDIATELY it waits", SAME,
               WaitForSingleObject(thread, 100) == WAIT_TIMEOUT && unlock(file, 30, 1) &&
                   WaitForSingleObject(thread, 60000) == 0 &&
                   GetExitCodeThread(thread, &code) && code == 1 &&
                   FAILS(writes(file, 30), ERROR_LOCK_VIOLATION) && unlock(other, 30, 1));
    CloseHandle(thread);
}

/* The child: 1 if it is kept out, then it takes a lock of its own and ends. */
static DWORD WINAPI takes(void *at)
{
    OVERLAPPED from = {.Offset = (DWORD)(ULONG_PTR)at};
    HANDLE own = opened("C:\\Temp\\locked");
    const BOOL ok = LockFileEx(own, LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &from);
    CloseHandle(own);
    return ok;
}

/* A range becomes free while its waiter is suspended: that gets it, though another waits. */
static void suspended(void)
{
    HANDLE threads[2];
    CHECK(lock(file, LOCKFILE_EXCLUSIVE_LOCK, 30, 1) &&
          lock(file, LOCKFILE_EXCLUSIVE_LOCK, 31, 1));
    threads[0] = CreateThread(NULL, 0, takes, (void *)30, 0, NULL);
    CHECK_EQUAL(WaitForSingleObject(threads[0], 100), WAIT_TIMEOUT);
    CHECK_EQUAL(SuspendThread(threads[0]), 0);
    CHECK(unlock(file, 30, 1));
    threads[1] = CreateThread(NULL, 0, takes, (void *)31, 0, NULL);
    CHECK_EQUAL(WaitForSingleObject(threads[1], 100), WAIT_TIMEOUT);
    CHECK_EQUAL(ResumeThread(threads[0]), 1);
    CHECK_EQUAL(WaitForSingleObject(threads[0], 10000), 0);
    CHECK(unlock(file, 31, 1));
    CHECK_EQUAL(WaitForSingleObject(threads[1], 10000), 0);
    CHECK(CloseHandle(threads[0]) && CloseHandle(threads[1]));
}

static int child(void)
{
    HANDLE mine = opened("C:\\Temp\\locked");
    const BOOL out = FAILS(writes(mine, 40), ERROR_LOCK_VIOLATION);
    return out && lock(mine, LOCKFILE_EXCLUSIVE_LOCK, 50, 1) ? 1 : 2;
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return child();
    file = opened("C:\\Temp\\locked");
    other = opened("C:\\Temp\\locked");
    for (int i = 0; i < 64; i++)
        CHECK(writes(file, i));
    exclusive();
    shared();
    waiting();
    suspended();
    CHECK(lock(file, LOCKFILE_EXCLUSIVE_LOCK, 40, 1));
    documented("LockFileEx", "another process is kept out; its own locks go with it",
               SAME, run_self("child") == 1 && writes(file, 50));
    CloseHandle(other);
    CloseHandle(file);
    DeleteFileA("C:\\Temp\\locked");
    return undocumented();
}
