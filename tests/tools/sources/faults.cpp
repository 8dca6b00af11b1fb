// faults.cpp - one fault for each way that a report can be hard to read; reports.t knows the lines.
#include <windows.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" void fault_there(int *);

// Inlined into its caller by -O2.
static inline void store(int *place, int value)
{
    *place = value; // LINE store
}

template <class T> class Shelf
{
    T *places;

  public:
    explicit Shelf(T *where) : places(where)
    {
    }
    __attribute__((noinline)) void put(int index, T what)
    {
        places[index] = what; // LINE put
    }
};

// No copy constructor: both copies delete one string.
class Name
{
    char *text;

  public:
    explicit Name(const char *from) : text(new char[strlen(from) + 1])
    {
        strcpy(text, from);
    }
    __attribute__((noinline)) ~Name()
    {
        delete[] text; // LINE delete
    }
    char first() const
    {
        return *text;
    }
};

static __attribute__((noinline)) char first_of(Name name)
{
    return name.first();
}

static __attribute__((noinline)) void recall(const char *text)
{
    printf("%s, again\n", text); // LINE recall
}

static __attribute__((noinline)) size_t measure(const char *text)
{
    return strlen(text) + 1; // LINE measure
}

static int child(const char *self)
{
    char line[300];
    STARTUPINFOA startup = {};
    PROCESS_INFORMATION made;
    snprintf(line, sizeof line, "%s inlined", self);
    startup.cb = sizeof startup;
    if (!CreateProcessA(nullptr, line, nullptr, nullptr, TRUE, 0, nullptr, nullptr,
                        &startup, &made))
        return 1;
    WaitForSingleObject(made.hProcess, INFINITE);
    return 0;
}

// Looks like a line of a report, and is none.
static int forge()
{
    char text[100];
    snprintf(text, sizeof text, "   0 0021ff08 %08lx faults!_ZN4NameD1Ev+1a\n",
             (unsigned long)(ULONG_PTR)forge);
    printf("%s", text);
    fflush(stdout);
    fprintf(stderr, "%s", text);
    auto print =
        reinterpret_cast<unsigned long (*)(const char *, ...)>(reinterpret_cast<void *>(
            GetProcAddress(GetModuleHandleA("ntdll.dll"), "DbgPrint")));
    print("%s", text);
    return 0;
}

int main(int count, char **words)
{
    const char *what = count > 1 ? words[1] : "";
    int *volatile nowhere = nullptr;
    if (!strcmp(what, "inlined"))
        store(nowhere, 5); // LINE call
    if (!strcmp(what, "template"))
        Shelf<short>(reinterpret_cast<short *>(nowhere)).put(4, 7);
    if (!strcmp(what, "double")) {
        Name name("once");
        return first_of(name) == 0;
    }
    if (!strcmp(what, "printed")) { // the first printf comes between the two deletes
        Name name("once");
        (void)first_of(name);
        printf("%c\n", name.first() ? 'a' : 'b');
    }
    if (!strcmp(what, "stale")) {
        char *text = strdup("a string of the heap"); // LINE stale
        free(text);
        recall(text);
    }
    if (!strcmp(what, "library"))
        return measure(reinterpret_cast<char *>(nowhere)) != 1;
    if (!strcmp(what, "dll"))
        fault_there(nowhere);
    if (!strcmp(what, "child"))
        return child(words[0]);
    return strcmp(what, "forge") ? 2 : forge();
}
