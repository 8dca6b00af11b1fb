/* new17.cpp - new and delete in all forms of C++17, as the stock g++ makes them: plain,
 * array, nothrow, aligned, sized, placement; bad_alloc; the new-handler; of a class's own.
 * stdcxx.cpp replaces the global pair. */
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <vector>
#include "check.h"

static volatile std::size_t huge = 0x7FFF0000;
static int made, gone;

struct counted {
    int value = 7;
    counted()
    {
        made++;
    }
    ~counted()
    {
        gone++;
    }
};

static void plain()
{
    counted *one = new counted;
    CHECK(one->value == 7 && made == 1);
    delete one;
    counted *many = new counted[10];
    CHECK(made == 11);
    delete[] many;
    CHECK(gone == 11);
    int *zeros = new int[100]();
    for (int i = 0; i < 100; i++)
        CHECK(zeros[i] == 0);
    delete[] zeros;
    int *nothing = new int[huge - huge];
    CHECK(nothing != nullptr);
    delete[] nothing;
    delete static_cast<int *>(nullptr);
    void *raw = ::operator new(24);
    ::operator delete(raw, std::size_t(24)); // sized
    raw = ::operator new[](24);
    ::operator delete[](raw, std::size_t(24));
    raw = ::operator new(24, std::nothrow);
    CHECK(raw != nullptr);
    ::operator delete(raw, std::nothrow);
    raw = ::operator new[](24, std::nothrow);
    ::operator delete[](raw, std::nothrow);
}

struct alignas(64) wide {
    char bytes[100];
};

static void aligned()
{
    static_assert(alignof(wide) > __STDCPP_DEFAULT_NEW_ALIGNMENT__);
    for (int round = 0; round < 50; round++) {
        wide *one = new wide, *many = new wide[3], *quiet = new (std::nothrow) wide;
        for (wide *at : {one, many, quiet}) {
            CHECK(at != nullptr && reinterpret_cast<std::uintptr_t>(at) % 64 == 0);
            std::memset(at, 0xAA, sizeof(wide));
        }
        delete one;
        delete[] many;
        ::operator delete(quiet, std::align_val_t(64), std::nothrow);
    }
    void *raw = ::operator new(10, std::align_val_t(4096));
    CHECK(reinterpret_cast<std::uintptr_t>(raw) % 4096 == 0);
    ::operator delete(raw, std::size_t(10), std::align_val_t(4096));
    raw = ::operator new[](10, std::align_val_t(32), std::nothrow);
    CHECK(reinterpret_cast<std::uintptr_t>(raw) % 32 == 0);
    ::operator delete[](raw, std::align_val_t(32));
    CHECK(::operator new(huge, std::align_val_t(64), std::nothrow) == nullptr);
}

static void placed()
{
    alignas(counted) char room[sizeof(counted) * 2];
    int before = made;
    counted *one = new (room) counted;
    CHECK(static_cast<void *>(one) == room && made == before + 1);
    one->~counted();
    struct thrower {
        thrower()
        {
            throw 5;
        }
    };
    bool caught = false;
    try {
        new (room) thrower;
    } catch (int number) {
        caught = number == 5;
    }
    CHECK(caught);
}

static int asked;

static void give_up_at_third()
{
    if (++asked == 3)
        throw std::bad_alloc();
}

static void without_memory()
{
    int caught = 0;
    try {
        static_cast<void>(new char[huge]);
    } catch (const std::bad_alloc &error) {
        caught += std::strcmp(error.what(), "std::bad_alloc") == 0;
    }
    try {
        volatile int negative = -1;
        static_cast<void>(new int[negative]);
    } catch (const std::bad_array_new_length &) {
        caught++;
    }
    try {
        static_cast<void>(new long long[huge]); // the product is past 2^32
    } catch (const std::bad_alloc &) {
        caught++;
    }
    CHECK(caught == 3);
    CHECK(new (std::nothrow) char[huge] == nullptr);
    CHECK(std::set_new_handler(give_up_at_third) == nullptr);
    try {
        static_cast<void>(new char[huge]);
    } catch (const std::bad_alloc &) {
        caught++;
    }
    CHECK(caught == 4 && asked == 3);
    asked = 0;
    CHECK(new (std::nothrow) char[huge] == nullptr &&asked == 3);
    CHECK(std::get_new_handler() == give_up_at_third);
    std::set_new_handler(nullptr);
}

struct pooled {
    static int news, deletes, sized;
    static char room[256];
    char body[40];
    static void *operator new(std::size_t size)
    {
        CHECK(size == sizeof(pooled));
        return room + sizeof(pooled) * news++;
    }
    static void operator delete(void *block, std::size_t size)
    {
        char *at = static_cast<char *>(block);
        CHECK(at >= room && at < room + sizeof(room));
        deletes++;
        sized += size;
    }
    static void *operator new[](std::size_t size)
    {
        return std::malloc(size);
    }
    static void operator delete[](void *block)
    {
        deletes += 100;
        std::free(block);
    }
};
int pooled::news, pooled::deletes, pooled::sized;
char pooled::room[256];

static void of_a_class()
{
    pooled *first = new pooled, *second = new pooled;
    CHECK(static_cast<void *>(first) == pooled::room && second == first + 1);
    delete first;
    delete second;
    CHECK(pooled::deletes == 2 && pooled::sized == 2 * sizeof(pooled));
    delete[] new pooled[3];
    CHECK(pooled::deletes == 102);
    counted *own = ::new counted;
    ::delete own;
}

/* A constructor that throws gives its memory back. */
static void thrown_halfway()
{
    struct third {
        static int &number()
        {
            static int count;
            return count;
        }
        counted part;
        third()
        {
            if (++number() == 3)
                throw 3;
        }
    };
    int before = made - gone;
    try {
        delete[] new third[5];
        CHECK(false);
    } catch (int) {
    }
    CHECK(made - gone == before);
}

int main()
{
    plain();
    aligned();
    placed();
    without_memory();
    of_a_class();
    thrown_halfway();
    std::vector<std::unique_ptr<wide>> all;
    for (int i = 0; i < 100; i++)
        all.push_back(std::make_unique<wide>());
    return 0;
}
