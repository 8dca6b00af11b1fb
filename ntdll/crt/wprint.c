/* wprint.c - ntdll's swprintf and its kin: print.c for wide text. */
#include "ncrt.h"
#define CHAR        WCHAR
#define FORMAT      ncrt_wformat
#define PRINT(name) c_w##name
#define VSNPRINTF   c_vsnwprintf
#define SNPRINTF    c_snwprintf
static void FORMAT(struct crt_sink *, const CHAR *, va_list);
#include "counted.h"
#include "crt/msvcrt/print_memory.h"
