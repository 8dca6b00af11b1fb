/* crt.h - what the files of msvcrt.dll share.
 *
 * The declarations of the C library itself come from the stock headers, so that the
 * compiler checks every signature against what programs are compiled with.  Here is
 * only the inside: the private heap, the record each thread has, the locks, the file
 * table and the two format engines.  Windows keeps the same in mtdll.h, internal.h and
 * file2.h of the CRT source.
 *
 * Locks: numbered (CRT_LOCK_*), handed out by _lock/_unlock.  Order: a stream's lock,
 * then the lock of its descriptor; the others are never held while another is taken, but
 * for EXIT, under which anything may run.
 */
#ifndef CRT_MSVCRT_CRT_H
#define CRT_MSVCRT_CRT_H

#define _CRT_RAND_S
#define __USE_MINGW_ANSI_STDIO 0
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0601
#endif
#include "crt/sinks.h"
#include <windows.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <io.h>
#include <fcntl.h>
#include <time.h>

/* heap.c, newhandler.c */
extern HANDLE crt_heap;
typedef int(__cdecl *_PNH)(size_t);
int __cdecl _callnewh(size_t size);
size_t __cdecl _aligned_msize(void *block, size_t alignment, size_t offset);
int __cdecl crt_set_new_mode(int mode);
int crt_no_memory(size_t size);
int crt_heap_start(void);

/* record.c: the record of the calling thread.  One per thread, on the CRT's heap, found by
 * TLS. */
struct crt_thread {
    int error;
    unsigned long dos_error;
    unsigned int random;
    char *strtok_next;
    wchar_t *wcstok_next;
    char strerror_text[136];
    wchar_t wcserror_text[136];
    char asctime_text[26];
    wchar_t wasctime_text[26];
    char cvt_text[352];
    struct tm broken_time;
    void *exception_pointers;
    int fp_code;
    void(__cdecl *fp_handler)(int);
    void(__cdecl *ill_handler)(int);
    void(__cdecl *segv_handler)(int);
    void(__cdecl *start)(void *);
    unsigned(__stdcall *start_ex)(void *);
    void *argument;
    HANDLE handle;
    unsigned int id;
};
struct crt_thread *crt_thread(void);
int crt_thread_start(HANDLE heap); /* 0: no TLS slot left */
void crt_thread_detach(void);
struct crt_thread *crt_thread_new(void); /* NULL: no memory */
void crt_thread_delete(struct crt_thread *own);
void crt_thread_adopt(struct crt_thread *own); /* the calling thread's from here on */
/* error.c: sets errno and _doserrno from a Windows error code; -1, so that callers can return
 * it. */
int crt_fail(DWORD error);
int crt_fail_last(void);

/* aligned.c; mingw-w64's malloc.h hides it from msvcrt.dll since version 12. */
void *__cdecl _aligned_offset_recalloc(void *block, size_t count, size_t size,
                                       size_t alignment, size_t offset);

/* lock.c */
enum crt_lock {
    CRT_LOCK_SIGNAL,
    CRT_LOCK_IOB,
    CRT_LOCK_TMPNAM,
    CRT_LOCK_FILES = 11,
    CRT_LOCK_ENV = 7,
    CRT_LOCK_EXIT = 13,
    CRT_LOCK_TIME,
    CRT_LOCK_STREAM0 = 16,
    CRT_LOCKS = 48,
};
void crt_lock_start(void);
void __cdecl crt_lock(int number);
void __cdecl crt_unlock(int number);

/* lowio.c: _fmode */
extern int crt_fmode;

/* start.c, argv.c, exit.c, env.c */
extern char *crt_acmdln;
extern wchar_t *crt_wcmdln;
int crt_split(const char *line, char ***argv);
int crt_wsplit(const wchar_t *line, wchar_t ***argv);
int crt_env_start(void);
extern char **crt_environ;
extern wchar_t **crt_wenviron;
void crt_exit_functions(void);
/* Runs last of all at the end, if it is set (the debug heap sets it). */
extern void (*crt_at_end)(void);

/* descriptor.c: what a file descriptor is; the layout programs see by
 * __pioinfo. */
struct crt_file {
    HANDLE handle;
    unsigned char flags;
    char lookahead;
    int lock_ready;
    CRITICAL_SECTION lock;
    unsigned char encoding; /* of wide characters: CRT_BYTES, CRT_UTF16, CRT_UTF8 */
    wchar_t half;           /* of a surrogate pair */
};
enum { CRT_BYTES, CRT_UTF16, CRT_UTF8 };
#define CRT_FOPEN      0x01
#define CRT_FEOFLAG    0x02
#define CRT_FCRLF      0x04
#define CRT_FPIPE      0x08
#define CRT_FNOINHERIT 0x10
#define CRT_FAPPEND    0x20
#define CRT_FDEV       0x40
#define CRT_FTEXT      0x80
#define CRT_FILES      2048
#define CRT_FILE_GROUP 32
void crt_files_start(void);
/* The locked record of an open descriptor, or null with errno EBADF. */
struct crt_file *crt_file_lock(int fd);
void crt_file_unlock(struct crt_file *file);
struct crt_file *crt_file_peek(int fd);
int crt_file_new(HANDLE handle, int flags);

/* stream.c: a FILE is MSVC's 32 bytes; see stream.h for the meaning of its fields. */
extern FILE crt_iob[20];
#undef stdin
#undef stdout
#undef stderr
#define stdin  (&crt_iob[0])
#define stdout (&crt_iob[1])
#define stderr (&crt_iob[2])
void crt_streams_start(void);
void crt_streams_end(void);
void __cdecl crt_stream_lock(FILE *stream);
void __cdecl crt_stream_unlock(FILE *stream);
int crt_getc(FILE *stream);
int crt_putc(int byte, FILE *stream);
int crt_ungetc(int byte, FILE *stream);
int crt_getwc(FILE *stream);
int crt_putwc(int wide, FILE *stream);
int crt_ungetwc(int wide, FILE *stream);
size_t crt_put(const void *bytes, size_t count, FILE *stream);
int crt_flush(FILE *stream);
/* An unbuffered stream gets a buffer for the length of one call; true if it did. */
int crt_buffer_begin(FILE *stream);
void crt_buffer_end(FILE *stream, int began);

/* format.c, wformat.c: printf. */
void crt_format(struct crt_sink *sink, const char *format, va_list args);
void crt_wformat(struct crt_sink *sink, const wchar_t *format, va_list args);
/* float.c: digits of `value` for conversion e, f, g or a, without sign or padding, into
 * `text`. */
#define CRT_FLOAT_TEXT 400
int crt_float(char *text, size_t room, double value, int conversion, int precision,
              int alternate, int *negative);

/* scan.c, wscan.c: scanf. */
int crt_scan(struct crt_source *source, const char *format, va_list args);
int crt_wscan(struct crt_source *source, const wchar_t *format, va_list args);

/* spawn.c: a process that takes the open descriptors over; `standard` (null: as they are)
 * are its three standard handles.  Null with errno. */
HANDLE crt_start_program(const char *file, char *line, char *environment, int detached,
                         const HANDLE *standard);
HANDLE crt_start_command(const char *command, const HANDLE *standard);
intptr_t __cdecl _cwait(int *status, intptr_t process, int action);

/* narrow.c: text in the ANSI code page, a block of malloc; misc.c */
char *crt_narrow(const wchar_t *text);
int __cdecl crt_putch(int character);

/* ctype.c */
extern unsigned short crt_ctype[257];

/* signal.c */
int crt_math_error(int type, const char *name, double a, double b, double result);
__attribute__((noreturn)) void crt_die(const char *text);
#endif
