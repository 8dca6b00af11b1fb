/* traces.h - the recordings of labs/traces, played through the program under test (replay.h).
 *
 * Each is played twice, in parts of 256 operations.  The judge counts a part's instructions from
 * outside, less those of an ask that plays nothing.  After each part it reads the table of blocks,
 * sees that none is NULL or overlaps another, and counts payload and committed bytes.  Instructions
 * are those of the second time, when a heap has its memory; memory is that of the time that took
 * more, so that it is of no use to waste it where instructions count.
 *
 *     index = instructions an operation * peak committed / peak payload
 *
 * A heap that is half as fast, or takes twice the memory, has twice the index.  The dearest
 * operation is counted by the program under test itself (replay.h).
 */
#ifndef LABS_JUDGE_TRACES_H
#define LABS_JUDGE_TRACES_H

#include "judge.h"

#define TRACE(name)                                                                      \
    extern const char name##_rep[];                                                      \
    __asm__(".section .rdata\n_" #name "_rep: .incbin \"traces/" #name                   \
            ".rep\"\n.byte 0\n.text")
TRACE(walk);
TRACE(containers);
TRACE(compile);
TRACE(lines);
TRACE(lua);
TRACE(sqlite);
TRACE(jq);

static const struct trace {
    const char *name, *text;
} recorded[] = {{"walk", walk_rep},
                {"containers", containers_rep},
                {"compile", compile_rep},
                {"lines", lines_rep},
                {"lua", lua_rep},
                {"sqlite", sqlite_rep},
                {"jq", jq_rep}};
#define TRACES (sizeof recorded / sizeof *recorded)

#define PART 256
static struct operation operations[OPERATIONS_MOST];

/* The operations of a trace; result: how many. */
static unsigned read_trace(const char *text)
{
    char *at;
    strtoul(text, &at, 10);
    strtoul(at, &at, 10);
    const unsigned count = strtoul(at, &at, 10);
    strtoul(at, &at, 10);
    MUST(count <= OPERATIONS_MOST, "a trace of at most %u operations", "%u",
         OPERATIONS_MOST, count);
    for (unsigned i = 0; i < count; i++) {
        while (*at <= ' ')
            at++;
        operations[i].what = (unsigned char)*at++;
        operations[i].id = strtoul(at, &at, 10);
        operations[i].size = operations[i].what == 'f' ? 0 : strtoul(at, &at, 10);
    }
    return count;
}

/* Instructions of an ask that plays nothing. */
static unsigned cost_of_asking(void)
{
    const unsigned long long start = ticks();
    ask('R', 0, 0, 0);
    return (unsigned)(ticks() - start);
}

struct played {
    unsigned cost, worst; /* instructions: of all, of the dearest */
};

/* Plays `count` operations from `first` on. */
static struct played play(const struct operation *first, unsigned count, unsigned where)
{
    const unsigned asking = cost_of_asking();
    WriteProcessMemory(side, (void *)where, first, count * sizeof *first, NULL);
    const unsigned long long start = ticks();
    const struct answer answer = ask('R', 0, 0, count);
    return (struct played){(unsigned)(ticks() - start) - asking, answer.more};
}

struct measured {
    unsigned cost, worst;        /* instructions: of an operation, of the dearest */
    unsigned payload, committed; /* bytes, their peaks */
};

/* What the program under test says of its blocks after a part: none is NULL, none overlaps. */
static void look_at_blocks(unsigned table)
{
    read_bytes(table, 4 * OPERATIONS_MOST);
    for (unsigned id = 0; id < OPERATIONS_MOST; id++) {
        blocks[id].at = blocks[id].size ? ((unsigned *)bytes)[id] : 0;
        MUST(blocks[id].at || !blocks[id].size, "a block of %u bytes",
             "NULL, though there is memory", blocks[id].size);
    }
    must_be_apart(OPERATIONS_MOST);
}

/* One time, in parts; `before`: bytes that are committed without it. */
static struct measured play_in_parts(unsigned count, struct answer places,
                                     unsigned before)
{
    struct measured found = {0};
    unsigned payload = 0;
    memset(blocks, 0, sizeof blocks);
    for (unsigned i = 0; i < count; i += PART) {
        const unsigned part = count - i < PART ? count - i : PART;
        const struct played it = play(&operations[i], part, places.value);
        found.cost += it.cost;
        found.worst = it.worst > found.worst ? it.worst : found.worst;
        for (unsigned k = i; k < i + part; k++) {
            payload += operations[k].size - blocks[operations[k].id].size;
            blocks[operations[k].id].size = operations[k].size;
        }
        look_at_blocks(places.room);
        const unsigned now = committed() - before;
        found.payload = payload > found.payload ? payload : found.payload;
        found.committed = now > found.committed ? now : found.committed;
    }
    found.cost /= count;
    return found;
}

/* Instructions of the second time; memory of the time that took more. */
static struct measured measure(const struct trace *trace)
{
    const unsigned count = read_trace(trace->text);
    const struct answer places = ask('R', 0, 0, 0); /* it has begun */
    const unsigned before = committed();
    const struct measured first = play_in_parts(count, places, before);
    struct measured again = play_in_parts(count, places, before);
    if (first.committed > again.committed)
        again.committed = first.committed;
    return again;
}

struct scored {
    unsigned index,
        worst; /* the mean of the traces' indices; the dearest operation of all */
};

/* Of all traces; the figures of each are printed. */
static struct scored score_traces(const char *heap)
{
    struct scored score = {0};
    for (unsigned i = 0; i < TRACES; i++) {
        begin(heap);
        doing = recorded[i].name;
        const struct measured found = measure(&recorded[i]);
        const unsigned long long index =
            (unsigned long long)found.cost * found.committed / found.payload;
        printf("trace %s: %u instructions an operation, %u the dearest, %u bytes of "
               "payload in %u\n",
               recorded[i].name, found.cost, found.worst, found.payload, found.committed);
        fflush(stdout);
        score.index += (unsigned)index / TRACES;
        score.worst = found.worst > score.worst ? found.worst : score.worst;
        end();
    }
    return score;
}

#endif
