/* cpp.cpp - a static g++ program on the debug runtime: new with file and line, what is
 * leaked between two checkpoints, exceptions and containers as ever. */
#include <crtdbg.h>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>
#pragma GCC diagnostic ignored "-Warray-bounds"
#include "check.h"

#define DEBUG_NEW new (_NORMAL_BLOCK, __FILE__, __LINE__)

struct item {
    int number[10];
};

static char said[4096];

static int __cdecl overhear(int, char *text, int *answer)
{
    *answer = 0;
    if (std::strlen(said) + std::strlen(text) < sizeof(said))
        std::strcat(said, text);
    return 1;
}

static void work()
{
    std::vector<std::string> texts;
    for (int i = 0; i < 50; i++)
        texts.push_back(std::string(100, 'a'));
    try {
        texts.at(60) = "";
    } catch (const std::out_of_range &) {
        texts.clear();
    }
    CHECK(texts.empty());
}

int main()
{
    _CrtMemState before, after, difference;
    work(); // what libstdc++ takes once
    _CrtSetReportHook(overhear);
    _CrtMemCheckpoint(&before);
    work();
    _CrtMemCheckpoint(&after);
    CHECK(!_CrtMemDifference(&difference, &before, &after));
    item *one = DEBUG_NEW item;
    int line = __LINE__ - 1;
    item *many = DEBUG_NEW item[3];
    delete[] many;
    _CrtMemCheckpoint(&after);
    CHECK(_CrtMemDifference(&difference, &before, &after));
    CHECK(difference.lCounts[_NORMAL_BLOCK] == 1);
    CHECK(difference.lSizes[_NORMAL_BLOCK] == sizeof(item));
    _CrtMemDumpAllObjectsSince(&before);
    std::string place = std::string(__FILE__) + "(" + std::to_string(line) + ") : {";
    CHECK(std::strstr(said, place.c_str()) != nullptr);
    said[0] = 0;
    one->number[10] = 1;
    delete one;
    CHECK(std::strstr(said, "HEAP CORRUPTION DETECTED: after Normal block") != nullptr);
    return 0;
}
