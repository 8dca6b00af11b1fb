// places.cpp - allocates at known lines, from every part of the heap; where.t knows them.
#include <windows.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

extern "C" void keep_there(int);

static void *volatile seen; // so that nothing is optimized away
static void *volatile kept[256];

struct Node {
    int value;
    Node *next;
    static Node *make(int value, Node *next)
    {
        return new Node{value, next}; // LINE node
    }
};

static __attribute__((noinline)) Node *list(int length)
{
    Node *head = nullptr;
    for (int i = 0; i < length; i++)
        head = Node::make(i, head);
    return head;
}

static void drop(Node *head)
{
    while (head) {
        Node *next = head->next;
        delete head;
        head = next;
    }
}

template <class T>
__attribute__((noinline)) static void fill(std::vector<T> *of, int count)
{
    for (int i = 0; i < count; i++)
        of->push_back(T()); // LINE vector
}

static __attribute__((noinline)) void words(std::map<int, std::string> *of)
{
    for (int i = 0; i < 10; i++)
        (*of)[i] = "longer than what lies in the object itself"; // LINE map
}

static __attribute__((noinline)) void sizes()
{
    kept[0] = malloc(3000000);                    // LINE large
    kept[1] = malloc(200000);                     // LINE commit
    kept[2] = calloc(10, 10);                     // LINE calloc
    void *small = malloc(50);                     // LINE small
    kept[3] = realloc(small, 5000);               // LINE realloc
    kept[4] = HeapAlloc(GetProcessHeap(), 0, 77); // LINE HeapAlloc
    kept[5] = strdup("a copy");                   // LINE strdup
    free(kept[0]);
}

static DWORD WINAPI worker(void *argument)
{
    const int first = 100 + 50 * static_cast<int>(reinterpret_cast<INT_PTR>(argument));
    for (int i = 0; i < 50; i++)
        kept[first + i] = malloc(40); // LINE worker
    return 0;
}

static __attribute__((noinline)) void crash()
{
    *static_cast<int *volatile>(seen) = 1;
}

static void spawn(char *self)
{
    STARTUPINFOA start = {sizeof start};
    PROCESS_INFORMATION child;
    if (CreateProcessA(self, nullptr, nullptr, nullptr, FALSE, 0, nullptr, nullptr,
                       &start, &child))
        WaitForSingleObject(child.hProcess, INFINITE);
}

int main(int count, char **arguments)
{
    Node *head = list(100);
    std::vector<int> numbers;
    std::map<int, std::string> names;
    fill(&numbers, 1000);
    words(&names);
    sizes();
    keep_there(3);
    HANDLE threads[2];
    for (int i = 0; i < 2; i++)
        threads[i] =
            CreateThread(nullptr, 0, worker, reinterpret_cast<void *>(i), 0, nullptr);
    WaitForMultipleObjects(2, threads, TRUE, INFINITE);
    if (count > 1 && !strcmp(arguments[1], "crash"))
        crash();
    while (count > 1 && !strcmp(arguments[1], "spin"))
        seen = head; // volatile: the loop stays
    if (count > 1 && !strcmp(arguments[1], "parent"))
        spawn(arguments[0]);
    drop(head);
    puts("done");
    return 7;
}
