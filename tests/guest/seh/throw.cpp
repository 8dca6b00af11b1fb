// throw.cpp - C++ exceptions of the stock compiler: through frames, rethrown, in a
// thread.
#include <windows.h>
#include <stdexcept>
#include <string>
#include "check.h"

static int destroyed;
struct Guard {
    ~Guard()
    {
        destroyed++;
    }
};

__attribute__((noinline)) static void deep(int depth)
{
    Guard guard;
    if (!depth)
        throw std::runtime_error("bottom");
    deep(depth - 1);
}

static int caught()
{
    try {
        try {
            deep(10);
        } catch (const std::exception &) {
            throw;
        }
    } catch (const std::runtime_error &error) {
        return error.what() == std::string("bottom");
    }
    return 0;
}

static DWORD WINAPI in_thread(void *)
{
    return caught() ? 7 : 0;
}

int main()
{
    CHECK(caught());
    CHECK_EQUAL(destroyed, 11);
    HANDLE thread = CreateThread(nullptr, 0, in_thread, nullptr, 0, nullptr);
    DWORD code = 0;
    CHECK(WaitForSingleObject(thread, 10000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code) && code == 7);
    return 0;
}
