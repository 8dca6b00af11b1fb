/* screen.cpp - the walk on one screen: a line for each door, 80 by 20.
 *
 *     key        what was captured                       rows     holds
 *
 * A line is what the proofs since the last line came to.  Its rows are those that a proof
 * or a captured stack named.  A proof that does not hold is below its line.
 */
#include "walk.h"
#include <cstdio>
#include <cstring>

static const char *const all_rows[] = {"1", "2", "2'", "3",  "4",  "5",  "6",
                                       "7", "8", "9",  "10", "11", "12", "13"};
static const size_t row_count = sizeof all_rows / sizeof *all_rows;
static struct {
    bool rows[row_count];
    int held, broken;
    std::string text, wrong;
} line;

static void add_row(const char *row)
{
    for (size_t i = 0; i < row_count; i++)
        if (!strcmp(all_rows[i], row))
            line.rows[i] = true;
}

void screen_proof(bool holds, const char *row, const std::string &what)
{
    add_row(row);
    ++(holds ? line.held : line.broken);
    if (!holds && line.wrong.empty())
        line.wrong = format("row %s: %s", row, what.c_str());
}

void screen_rows(const Step *chain)
{
    for (; chain->row; chain++)
        add_row(chain->row);
}

void screen_text(const std::string &text)
{
    line.text = text;
}

/* "1,2,8,10-13" */
static std::string rows_text()
{
    std::string text;
    for (size_t i = 0; i < row_count; i++) {
        if (!line.rows[i])
            continue;
        size_t last = i;
        while (last + 1 < row_count && line.rows[last + 1])
            last++;
        text += (text.empty() ? "" : ",") + std::string(all_rows[i]);
        if (last > i)
            text += (last > i + 1 ? "-" : ",") + std::string(all_rows[last]);
        i = last;
    }
    return text;
}

void screen_open(bool fathom)
{
    if (whole)
        return;
    if (!fathom)
        print("This is not Fathom: user mode's part alone can be seen.");
    print(format("%s%-10s %-49s %-11s %s%s", ink(dim), "walk",
                 "captured, from call to NtAllocateVirtualMemory", "rows", "holds",
                 ink(plain)));
}

void screen_line(const char *key)
{
    if (!whole && line.held + line.broken) {
        const bool good = !line.broken;
        print(format("%s%-10s%s %-49s %-11s %s%s%s", ink(bold), key, ink(plain),
                     line.text.c_str(), rows_text().c_str(), ink(good ? green : red),
                     good ? "holds" : "BROKEN", ink(plain)));
        if (!good)
            print(format("%11s%s%s%s", "", ink(red), line.wrong.c_str(), ink(plain)));
    }
    line = {};
}

void screen_close(bool fathom)
{
    if (whole)
        return;
    printf("\n");
    if (fathom && !failures)
        print("Each door crossed the ring; its first touch faulted; PageAlloc gave one "
              "page.");
    print(
        "row: a line of docs/chain.md.  holds: what was captured is what the row says.");
    print(format("%swalk malloc%s goes down one door step by step; %swalk --all%s shows "
                 "all captures.",
                 ink(bold), ink(plain), ink(bold), ink(plain)));
}
