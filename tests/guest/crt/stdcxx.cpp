/* stdcxx.cpp - a static C++ program: streams, containers, exceptions, new and delete. */
// The replaced pair rests on malloc and free, which g++ warns of when it inlines only
// one.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <new>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>
#include "check.h"

static int news, deletes;

void *operator new(std::size_t size)
{
    news++;
    for (;;) {
        if (void *block = std::malloc(size ? size : 1))
            return block;
        std::new_handler handler = std::get_new_handler();
        if (!handler)
            throw std::bad_alloc();
        handler();
    }
}

void operator delete(void *block) noexcept
{
    deletes++;
    std::free(block);
}

void operator delete(void *block, std::size_t) noexcept
{
    deletes++;
    std::free(block);
}

struct base {
    virtual ~base() = default;
    virtual int number() const
    {
        return 1;
    }
};

struct derived : base {
    int number() const override
    {
        return 2;
    }
};

static int handler_calls;

static void on_no_memory()
{
    if (++handler_calls == 2)
        std::set_new_handler(nullptr);
}

static void memory()
{
    int before = news;
    std::unique_ptr<base> object(new derived);
    CHECK(news == before + 1 && object->number() == 2);
    CHECK(dynamic_cast<derived *>(object.get()) != nullptr);
    object.reset();
    CHECK(deletes > 0);
    bool caught = false;
    std::set_new_handler(on_no_memory);
    try {
        volatile std::size_t huge = 0x7FFF0000;
        char *volatile block = new char[huge];
        delete[] block;
    } catch (const std::bad_alloc &) {
        caught = true;
    }
    CHECK(caught && handler_calls == 2);
}

static void exceptions()
{
    std::string said;
    try {
        try {
            throw std::runtime_error("inner");
        } catch (...) {
            std::throw_with_nested(std::logic_error("outer"));
        }
    } catch (const std::exception &error) {
        said = error.what();
        try {
            std::rethrow_if_nested(error);
        } catch (const std::exception &inner) {
            said += inner.what();
        }
    }
    CHECK(said == "outerinner");
    try {
        std::vector<int>(3).at(5);
        CHECK(false);
    } catch (const std::out_of_range &) {
    }
}

static void streams()
{
    std::ostringstream out;
    out << std::fixed << std::setprecision(3) << 3.14159 << ' ' << std::hex
        << std::showbase << 255 << ' ' << std::dec << std::setw(6) << std::setfill('*')
        << 42 << std::boolalpha << ' ' << true;
    CHECK(out.str() == "3.142 0xff ****42 true");
    std::istringstream in("12 3.5 word");
    int number;
    double real;
    std::string word;
    CHECK((in >> number >> real >> word) && number == 12 && real == 3.5 &&
          word == "word");
    {
        std::ofstream file("stdcxx.tmp");
        for (int i = 0; i < 500; i++)
            file << i << '\n';
    }
    std::ifstream file("stdcxx.tmp");
    int sum = 0;
    while (file >> number)
        sum += number;
    CHECK(sum == 124750);
    file.close();
    CHECK(std::remove("stdcxx.tmp") == 0);
}

static void containers()
{
    std::map<std::string, int> table;
    std::vector<int> values;
    for (int i = 0; i < 1000; i++) {
        table[std::to_string(i)] = i;
        values.push_back(i * 37 % 1009);
    }
    std::sort(values.begin(), values.end());
    CHECK(std::is_sorted(values.begin(), values.end()));
    CHECK(table.size() == 1000 && table["777"] == 777 && std::stoi("42") == 42);
}

int main()
{
    memory();
    exceptions();
    streams();
    containers();
    std::cout << "all of it" << std::endl;
    return 0;
}
