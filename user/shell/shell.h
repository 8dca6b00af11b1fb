/* shell.h - what the parts of the prompt share.
 *
 *   main.c     the prompt: which command, which program, in the background or not
 *   edit.c     one line: keys, history, what programs beside the prompt write meanwhile
 *   memory.c   mem, ps: the machine's pages, its processes
 *   regions.c  vad: a process's regions, with what each is for
 *   heaps.c    heap: a process's heaps, each segment as a strip
 *   pages.c    pte: the entries on the way to one page
 */
#ifndef SHELL_H
#define SHELL_H

#include <windows.h>
#include <winternl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fathom.h"

typedef LONG(WINAPI *query_function)(ULONG, ULONG_PTR, PVOID, ULONG, PULONG);
extern query_function query;

/* edit.c: a line without its end, at most size - 1 bytes. FALSE: the input has ended, or
 * Ctrl-C on an empty line. */
BOOL read_line(const char *prompt, char *line, size_t size);

/* main.c: does a program run beside the prompt?  Which have ended is said, each after before. */
BOOL look_at_jobs(const char *before);

void show_memory(const char *arguments);
void show_processes(const char *arguments);
void show_regions(const char *arguments);
void show_heaps(const char *arguments);
void show_page(const char *arguments);

/* regions.c.  The process that a word names, or this one where there is none; *id is its number.
 * NULL: said that there is none.  To be closed. */
HANDLE open_process(const char *word, ULONG *id);
/* bytes of another process; FALSE: not all of them are there. */
BOOL peek(HANDLE process, ULONG address, void *to, size_t bytes);
/* Of a process: its PEB's address. 0: it cannot be had. */
ULONG peb_of(HANDLE process);
/* Its heaps; the number of them, at most most. */
ULONG heaps_of(HANDLE process, ULONG *heaps, ULONG most);

#endif
