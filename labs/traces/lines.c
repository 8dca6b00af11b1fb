/* lines.c - lines of a text, sorted and counted, for a recording: strings and tables that grow by
 * realloc, as programs in C have them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct line {
    char *text;
    unsigned count;
};
static struct line *lines;
static unsigned count, room, state = 7;

static unsigned below(unsigned limit)
{
    state = state * 1664525u + 1013904223u;
    return (unsigned)((unsigned long long)state * limit >> 32);
}

/* A line of some words; it grows as it is read. */
static char *read_line(void)
{
    static const char *const words[] = {"heap", "page", "region", "commit",
                                        "the",  "of",   "a",      "touches"};
    size_t length = 0, size = 8;
    char *text = malloc(size);
    for (unsigned i = 1 + below(9); i > 0; i--) {
        const char *word = words[below(8)];
        while (length + strlen(word) + 2 > size)
            text = realloc(text, size += size / 2);
        length += (size_t)sprintf(text + length, "%s ", word);
    }
    return realloc(text, length + 1);
}

static void add(char *text)
{
    for (unsigned i = 0; i < count; i++)
        if (!strcmp(lines[i].text, text)) {
            lines[i].count++;
            free(text);
            return;
        }
    if (count == room)
        lines = realloc(lines, (room = room ? room * 2 : 16) * sizeof *lines);
    lines[count].text = text;
    lines[count++].count = 1;
}

static int by_text(const void *one, const void *other)
{
    return strcmp(((const struct line *)one)->text, ((const struct line *)other)->text);
}

int main(void)
{
    unsigned most = 0;
    for (unsigned i = 0; i < 600; i++) {
        add(read_line());
        if (i % 150 == 149) { /* every second line is dropped */
            for (unsigned k = 0; k < count / 2; k++) {
                free(lines[2 * k].text);
                lines[k] = lines[2 * k + 1];
            }
            count /= 2;
        }
    }
    qsort(lines, count, sizeof *lines, by_text);
    for (unsigned i = 0; i < count; i++)
        most = lines[i].count > most ? lines[i].count : most;
    printf("%u lines, the most frequent %u times\n", count, most);
    for (unsigned i = 0; i < count; i++)
        free(lines[i].text);
    free(lines);
    return 0;
}
