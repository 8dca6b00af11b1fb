/* stream.h - what the stdio files share about FILE beyond crt.h. */
#ifndef CRT_MSVCRT_STREAM_H
#define CRT_MSVCRT_STREAM_H
#include "crt.h"

/* Bits of _flag that the stock headers do not name; values as in MSVC's file2.h. */
#define CRT_USERBUF 0x0100
#define CRT_BUFFER  4096

/* Streams that can be open at once: _setmaxstdio's. */
extern int crt_streams_most;
FILE *crt_stream_new(void);
/* The stream after `stream` (null: the first), or null. */
FILE *crt_stream_next(FILE *stream);
/* The encoding that a mode asks for with ccs=; 0 and EINVAL. */
int crt_encode(int fd, const char *mode);
void crt_drop_buffer(FILE *stream);
/* fclose without the lock and without freeing the slot. */
int crt_close_stream(FILE *stream);
#endif
