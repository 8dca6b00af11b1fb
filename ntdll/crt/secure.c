/* secure.c - ntdll's strcpy_s and its kin, for both widths, memcpy_s and memmove_s.
 *
 * Documented: the C runtime's pages of strcpy_s, strcat_s, strncpy_s, strncat_s, memcpy_s,
 * memmove_s.
 */
#include "ncrt.h"

size_t __cdecl c_strnlen(const char *, size_t);
size_t __cdecl c_wcsnlen(const WCHAR *, size_t);

#define SECURE(name) c_##name
#include "crt/msvcrt/secure_memory.h"

#define CHAR    char
#define NAME(x) c_str##x
#include "crt/msvcrt/secure_core.h"
#undef CHAR
#undef NAME
#define CHAR    WCHAR
#define NAME(x) c_wcs##x
#include "crt/msvcrt/secure_core.h"
