/* driven.h - what a judge asks of the program under test, over a pipe, and what it is told.
 *
 *     judge.exe  -- struct ask ----->  side.exe  -- calls -->  the student's DLL
 *                <-- struct answer --
 *
 * The student's code runs in side.exe, which knows no verdict.  The judge is another process: it
 * writes the blocks' bytes and reads them by WriteProcessMemory and ReadProcessMemory, counts the
 * committed pages by VirtualQueryEx, and its own exit code is the verdict.
 *
 * An ask of ASK_MANY is followed by `count` asks, answered by as many answers in one write.
 */
#ifndef LABS_JUDGE_DRIVEN_H
#define LABS_JUDGE_DRIVEN_H

#define ASK_MANY  'B'
#define MANY_MOST 256

struct ask {
    unsigned op;    /* a letter, each side.c's own */
    unsigned block; /* an address */
    unsigned size, count;
};

struct answer {
    unsigned value; /* what the call returned */
    unsigned error; /* its error code */
    unsigned room;  /* what the block's size is said to be; 0: no block */
    unsigned more;
};

/* One line of a trace (labs/traces). */
#define OPERATIONS_MOST 4096
struct operation {
    unsigned what; /* a, r or f */
    unsigned id, size;
};

#endif
