/* loan.c - functions of the CRT that allocate for the program: theirs is the caller's
 * type, file and line.  Source: _strdup_dbg, _aligned_malloc_dbg and so on.
 */
#include "debug/debug.h"
#include <direct.h>
#include <wchar.h>

#define NORMAL(CALL) DEBUG_FOR(_NORMAL_BLOCK, NULL, 0, CALL)
#define PLACE        int use, const char *file, int line
#define OWNED(CALL)  DEBUG_FOR(use, file, line, CALL)

char *__cdecl _strdup_dbg(const char *text, PLACE)
{
    return OWNED(_strdup(text));
}

wchar_t *__cdecl _wcsdup_dbg(const wchar_t *text, PLACE)
{
    return OWNED(_wcsdup(text));
}

char *__cdecl _tempnam_dbg(const char *folder, const char *prefix, PLACE)
{
    return OWNED(_tempnam(folder, prefix));
}

char *__cdecl _fullpath_dbg(char *out, const char *path, size_t room, PLACE)
{
    return OWNED(_fullpath(out, path, room));
}

wchar_t *__cdecl _wfullpath_dbg(wchar_t *out, const wchar_t *path, size_t room, PLACE)
{
    return OWNED(_wfullpath(out, path, room));
}

char *__cdecl _getcwd_dbg(char *out, int room, PLACE)
{
    return OWNED(_getcwd(out, room));
}

wchar_t *__cdecl _wgetcwd_dbg(wchar_t *out, int room, PLACE)
{
    return OWNED(_wgetcwd(out, room));
}

char *__cdecl debug_strdup(const char *text)
{
    return NORMAL(_strdup(text));
}

wchar_t *__cdecl debug_wcsdup(const wchar_t *text)
{
    return NORMAL(_wcsdup(text));
}

char *__cdecl debug_tempnam(const char *folder, const char *prefix)
{
    return NORMAL(_tempnam(folder, prefix));
}

char *__cdecl debug_fullpath(char *out, const char *path, size_t room)
{
    return NORMAL(_fullpath(out, path, room));
}

wchar_t *__cdecl debug_wfullpath(wchar_t *out, const wchar_t *path, size_t room)
{
    return NORMAL(_wfullpath(out, path, room));
}

char *__cdecl debug_getcwd(char *out, int room)
{
    return NORMAL(_getcwd(out, room));
}

wchar_t *__cdecl debug_wgetcwd(wchar_t *out, int room)
{
    return NORMAL(_wgetcwd(out, room));
}

#undef PLACE
#undef OWNED
#define PLACE       const char *file, int line
#define OWNED(CALL) DEBUG_FOR(_NORMAL_BLOCK, file, line, CALL)

void *__cdecl _aligned_offset_malloc_dbg(size_t size, size_t alignment, size_t offset,
                                         PLACE)
{
    return OWNED(_aligned_offset_malloc(size, alignment, offset));
}

void *__cdecl _aligned_malloc_dbg(size_t size, size_t alignment, PLACE)
{
    return _aligned_offset_malloc_dbg(size, alignment, 0, file, line);
}

void *__cdecl _aligned_offset_realloc_dbg(void *block, size_t size, size_t alignment,
                                          size_t offset, PLACE)
{
    return OWNED(_aligned_offset_realloc(block, size, alignment, offset));
}

void *__cdecl _aligned_realloc_dbg(void *block, size_t size, size_t alignment, PLACE)
{
    return _aligned_offset_realloc_dbg(block, size, alignment, 0, file, line);
}

void *__cdecl _aligned_offset_recalloc_dbg(void *block, size_t count, size_t size,
                                           size_t alignment, size_t offset, PLACE)
{
    return OWNED(_aligned_offset_recalloc(block, count, size, alignment, offset));
}

void *__cdecl _aligned_recalloc_dbg(void *block, size_t count, size_t size,
                                    size_t alignment, PLACE)
{
    return _aligned_offset_recalloc_dbg(block, count, size, alignment, 0, file, line);
}

size_t __cdecl _aligned_msize_dbg(void *block, size_t alignment, size_t offset)
{
    return _aligned_msize(block, alignment, offset);
}

/* Says so when the mark before the block was written over; then nothing is freed,
 * for the word beside it tells where the block begins. */
void __cdecl _aligned_free_dbg(void *block)
{
    void *mark = (void *)(((uintptr_t)block & ~3u) - 4);
    if (block != NULL && !debug_all(mark, DEBUG_ALIGNED, 4))
        debug_say(_CRT_ERROR,
                  "Damage before 0x%p which was allocated by aligned routine\n", block);
    else
        _aligned_free(block);
}

void *__cdecl debug_aligned_malloc(size_t size, size_t alignment)
{
    return _aligned_offset_malloc_dbg(size, alignment, 0, NULL, 0);
}

void *__cdecl debug_aligned_offset_malloc(size_t size, size_t alignment, size_t offset)
{
    return _aligned_offset_malloc_dbg(size, alignment, offset, NULL, 0);
}

void *__cdecl debug_aligned_realloc(void *block, size_t size, size_t alignment)
{
    return _aligned_offset_realloc_dbg(block, size, alignment, 0, NULL, 0);
}

void *__cdecl debug_aligned_offset_realloc(void *block, size_t size, size_t alignment,
                                           size_t offset)
{
    return _aligned_offset_realloc_dbg(block, size, alignment, offset, NULL, 0);
}

void *__cdecl debug_aligned_recalloc(void *block, size_t count, size_t size,
                                     size_t alignment)
{
    return _aligned_offset_recalloc_dbg(block, count, size, alignment, 0, NULL, 0);
}

void *__cdecl debug_aligned_offset_recalloc(void *block, size_t count, size_t size,
                                            size_t alignment, size_t offset)
{
    return _aligned_offset_recalloc_dbg(block, count, size, alignment, offset, NULL, 0);
}
