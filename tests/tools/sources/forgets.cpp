// forgets.cpp - allocates by every door and forgets some of it; leaks.t knows the lines.
#include <windows.h>
#include <objbase.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

extern "C" void keep_there(int);

struct Node {
    int value;
    Node *next;
};

static Node *volatile last; // so that nothing is optimized away
static void *volatile seen;

static Node *push(Node *next, int value)
{
    return new Node{value, next}; // LINE push
}

static __attribute__((noinline)) void lose_list(int length)
{
    Node *list = nullptr;
    for (int i = 0; i < length; i++)
        list = push(list, i); // LINE list
    last = list;
    last = nullptr;
}

template <class T> __attribute__((noinline)) static T *make(int count)
{
    return new T[count]; // LINE make
}

static std::vector<std::string> *words; // found at the end: still not freed

static void lose_words()
{
    words = new std::vector<std::string>;                              // LINE words
    words->push_back("too long a string to lie in the object itself"); // LINE string
}

static DWORD WINAPI worker(void *)
{
    seen = malloc(21); // LINE worker
    return seen == nullptr;
}

// What the system allocates for a caller who has to free it, and what it keeps for itself.
static __attribute__((noinline)) void by_every_door()
{
    HANDLE own = HeapCreate(0, 0, 0), gone = HeapCreate(0, 0, 0);
    char *kept[] = {
        static_cast<char *>(HeapAlloc(own, 0, 31)),             // LINE HeapAlloc
        static_cast<char *>(LocalAlloc(LMEM_FIXED, 32)),        // LINE LocalAlloc
        static_cast<char *>(CoTaskMemAlloc(33)),                // LINE CoTaskMemAlloc
        reinterpret_cast<char *>(SysAllocString(L"seventeen")), // LINE SysAllocString
        static_cast<char *>(realloc(malloc(4), 35)),            // LINE realloc
        static_cast<char *>(calloc(6, 6)),                      // LINE calloc
        strdup("0123456789012345678901234567890123456"),        // LINE strdup
        static_cast<char *>(HeapAlloc(gone, 0, 38)),
    };
    HeapDestroy(gone);
    FILE *file = fopen("C:\\forgets.txt", "w");
    fprintf(file, "%p\n", static_cast<void *>(kept));
}

// A DLL that is gone at the end left two blocks.
static __attribute__((noinline)) void by_a_guest()
{
    HMODULE guest = LoadLibraryA("guest.dll");
    auto keep = reinterpret_cast<void (*)(int)>(
        reinterpret_cast<void *>(GetProcAddress(guest, "keep_there")));
    if (keep)
        keep(2); // LINE guest
    FreeLibrary(guest);
}

static void start(const char *self)
{
    char line[300];
    STARTUPINFOA startup = {};
    PROCESS_INFORMATION made;
    snprintf(line, sizeof line, "%s return", self);
    startup.cb = sizeof startup;
    if (CreateProcessA(nullptr, line, nullptr, nullptr, TRUE, 0, nullptr, nullptr,
                       &startup, &made))
        WaitForSingleObject(made.hProcess, INFINITE);
}

int main(int count, char **arguments)
{
    const char *end = count > 1 ? arguments[1] : "return";
    lose_list(10);
    seen = make<double>(7);
    lose_words();
    by_every_door();
    keep_there(3);
    HANDLE thread = CreateThread(nullptr, 0, worker, nullptr, 0, nullptr);
    WaitForSingleObject(thread, INFINITE);
    std::string *returned = new std::string(100, 'x');
    delete returned;
    printf("ends by %s\n", end);
    fflush(stdout);
    if (!strcmp(end, "guest"))
        by_a_guest();
    if (!strcmp(end, "parent"))
        start(arguments[0]);
    if (!strcmp(end, "exit"))
        exit(7);
    if (!strcmp(end, "ExitProcess"))
        ExitProcess(7);
    if (!strcmp(end, "abort"))
        abort();
    if (!strcmp(end, "crash"))
        *reinterpret_cast<volatile int *>(4) = 0;
    if (!strcmp(end, "terminate"))
        TerminateProcess(GetCurrentProcess(), 7);
    return 7;
}
