/* judge.c - the judge of lab 6's recordings: a heap with the student's front end, which serves the
 * operations of labs/traces in another process. */
#include "judge/traces.h"

/* A heap that leaves all to its back end is fast, too: some block must be the front end's (F2). */
static void must_be_served(void)
{
    static unsigned table[OPERATIONS_MOST];
    unsigned served = 0;
    begin("");
    doing = "RtlpFrontAllocate";
    read_trace(recorded[0].text);
    const struct answer places = ask('R', 0, 0, 0);
    play(operations, 1024, places.value);
    read_bytes(places.room, sizeof table);
    memcpy(table, bytes, sizeof table);
    for (unsigned id = 0; id < OPERATIONS_MOST; id++)
        if (table[id]) {
            read_bytes(table[id] - 1, 1);
            served += bytes[0] >> 7;
        }
    MUST(served, "a block of the front end", "none");
    end();
}

LAB_CASE(traces)
{
    must_be_served();
    const struct scored score = score_traces("");
    LAB_COST(score.index);
    LAB_WORST(score.worst);
}
