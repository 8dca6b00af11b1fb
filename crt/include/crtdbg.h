/* crtdbg.h - the debug layer of msvcrtd.dll, for programs of the stock compiler.
 *
 * mingw's own <crtdbg.h> has the constants, and macros that do nothing.  With _DEBUG
 * defined this one puts the functions in their place:
 *
 *     i686-w64-mingw32-gcc -D_DEBUG -I crt/include -L build/lib/debug program.c
 *
 * The library folder makes the program's whole C library msvcrtd.dll; a program must not
 * mix the two.  With _CRTDBG_MAP_ALLOC the plain names note file and line as well; in C++
 * `new (_NORMAL_BLOCK, __FILE__, __LINE__)` does (delete it with delete).  Source:
 * Microsoft C runtime reference, "CRT debug heap".
 */
#include_next <crtdbg.h>
#if defined(_DEBUG) && !defined(FATHOM_CRTDBG_H)
#define FATHOM_CRTDBG_H
#include <stddef.h>

#undef _malloc_dbg
#undef _calloc_dbg
#undef _realloc_dbg
#undef _recalloc_dbg
#undef _expand_dbg
#undef _free_dbg
#undef _msize_dbg
#undef _aligned_malloc_dbg
#undef _aligned_realloc_dbg
#undef _aligned_recalloc_dbg
#undef _aligned_free_dbg
#undef _aligned_offset_malloc_dbg
#undef _aligned_offset_realloc_dbg
#undef _aligned_offset_recalloc_dbg
#undef _strdup_dbg
#undef _wcsdup_dbg
#undef _mbsdup_dbg
#undef _tempnam_dbg
#undef _fullpath_dbg
#undef _wfullpath_dbg
#undef _getcwd_dbg
#undef _wgetcwd_dbg
#undef _CrtSetReportHook
#undef _CrtGetReportHook
#undef _CrtSetReportHook2
#undef _CrtSetReportHookW2
#undef _CrtSetReportMode
#undef _CrtSetReportFile
#undef _CrtDbgBreak
#undef _CrtSetBreakAlloc
#undef _CrtSetAllocHook
#undef _CrtGetAllocHook
#undef _CrtCheckMemory
#undef _CrtSetDbgFlag
#undef _CrtDoForAllClientObjects
#undef _CrtIsValidPointer
#undef _CrtIsValidHeapPointer
#undef _CrtIsMemoryBlock
#undef _CrtReportBlockType
#undef _CrtSetDumpClient
#undef _CrtGetDumpClient
#undef _CrtMemCheckpoint
#undef _CrtMemDifference
#undef _CrtMemDumpAllObjectsSince
#undef _CrtMemDumpStatistics
#undef _CrtDumpMemoryLeaks
#undef _CrtSetDebugFillThreshold

#ifdef __cplusplus
extern "C" {
#endif
void *__cdecl _malloc_dbg(size_t size, int use, const char *file, int line);
void *__cdecl _calloc_dbg(size_t count, size_t size, int use, const char *file, int line);
void *__cdecl _realloc_dbg(void *memory, size_t size, int use, const char *file,
                           int line);
void *__cdecl _recalloc_dbg(void *memory, size_t count, size_t size, int use,
                            const char *file, int line);
void *__cdecl _expand_dbg(void *memory, size_t size, int use, const char *file, int line);
void __cdecl _free_dbg(void *memory, int use);
size_t __cdecl _msize_dbg(void *memory, int use);
void *__cdecl _aligned_malloc_dbg(size_t size, size_t alignment, const char *file,
                                  int line);
void *__cdecl _aligned_realloc_dbg(void *memory, size_t size, size_t alignment,
                                   const char *file, int line);
void *__cdecl _aligned_recalloc_dbg(void *memory, size_t count, size_t size,
                                    size_t alignment, const char *file, int line);
void __cdecl _aligned_free_dbg(void *memory);
size_t __cdecl _aligned_msize_dbg(void *memory, size_t alignment, size_t offset);
void *__cdecl _aligned_offset_malloc_dbg(size_t size, size_t alignment, size_t offset,
                                         const char *file, int line);
void *__cdecl _aligned_offset_realloc_dbg(void *memory, size_t size, size_t alignment,
                                          size_t offset, const char *file, int line);
void *__cdecl _aligned_offset_recalloc_dbg(void *memory, size_t count, size_t size,
                                           size_t alignment, size_t offset,
                                           const char *file, int line);
char *__cdecl _strdup_dbg(const char *text, int use, const char *file, int line);
wchar_t *__cdecl _wcsdup_dbg(const wchar_t *text, int use, const char *file, int line);
char *__cdecl _tempnam_dbg(const char *folder, const char *prefix, int use,
                           const char *file, int line);
char *__cdecl _fullpath_dbg(char *out, const char *path, size_t room, int use,
                            const char *file, int line);
wchar_t *__cdecl _wfullpath_dbg(wchar_t *out, const wchar_t *path, size_t room, int use,
                                const char *file, int line);
char *__cdecl _getcwd_dbg(char *out, int room, int use, const char *file, int line);
wchar_t *__cdecl _wgetcwd_dbg(wchar_t *out, int room, int use, const char *file,
                              int line);

int __cdecl _CrtDbgReport(int type, const char *file, int line, const char *module,
                          const char *format, ...);
int __cdecl _CrtDbgReportW(int type, const wchar_t *file, int line, const wchar_t *module,
                           const wchar_t *format, ...);
_CRT_REPORT_HOOK __cdecl _CrtSetReportHook(_CRT_REPORT_HOOK hook);
_CRT_REPORT_HOOK __cdecl _CrtGetReportHook(void);
int __cdecl _CrtSetReportHook2(int what, _CRT_REPORT_HOOK hook);
int __cdecl _CrtSetReportHookW2(int what, _CRT_REPORT_HOOKW hook);
int __cdecl _CrtSetReportMode(int type, int mode);
_HFILE __cdecl _CrtSetReportFile(int type, _HFILE file);
void __cdecl _CrtDbgBreak(void);

extern __declspec(dllimport) int _crtDbgFlag;
extern __declspec(dllimport) long _crtBreakAlloc;
int *__cdecl __p__crtDbgFlag(void);
long *__cdecl __p__crtBreakAlloc(void);
int __cdecl _CrtSetDbgFlag(int flags);
long __cdecl _CrtSetBreakAlloc(long request);
_CRT_ALLOC_HOOK __cdecl _CrtSetAllocHook(_CRT_ALLOC_HOOK hook);
_CRT_ALLOC_HOOK __cdecl _CrtGetAllocHook(void);
size_t __cdecl _CrtSetDebugFillThreshold(size_t bytes);

int __cdecl _CrtCheckMemory(void);
int __cdecl _CrtIsValidPointer(const void *memory, unsigned int size, int writable);
int __cdecl _CrtIsValidHeapPointer(const void *memory);
int __cdecl _CrtIsMemoryBlock(const void *memory, unsigned int size, long *request,
                              char **file, int *line);
int __cdecl _CrtReportBlockType(const void *memory);
typedef void(__cdecl *_CrtDoForAllClientObjects_visit)(void *, void *);
void __cdecl _CrtDoForAllClientObjects(_CrtDoForAllClientObjects_visit visit,
                                       void *context);

_CRT_DUMP_CLIENT __cdecl _CrtSetDumpClient(_CRT_DUMP_CLIENT dump);
_CRT_DUMP_CLIENT __cdecl _CrtGetDumpClient(void);
void __cdecl _CrtMemCheckpoint(_CrtMemState *state);
int __cdecl _CrtMemDifference(_CrtMemState *difference, const _CrtMemState *before,
                              const _CrtMemState *after);
void __cdecl _CrtMemDumpAllObjectsSince(const _CrtMemState *state);
void __cdecl _CrtMemDumpStatistics(const _CrtMemState *state);
int __cdecl _CrtDumpMemoryLeaks(void);
#ifdef __cplusplus
}
#endif

#undef _ASSERT
#undef _ASSERTE
#undef _ASSERT_EXPR
#define _ASSERT_EXPR(expr, text)                                                         \
    ((void)((expr) ||                                                                    \
            _CrtDbgReport(_CRT_ASSERT, __FILE__, __LINE__, NULL, "%s", text) != 1 ||     \
            (_CrtDbgBreak(), 0)))
#define _ASSERTE(expr) _ASSERT_EXPR(expr, #expr)
#define _ASSERT(expr)                                                                    \
    ((void)((expr) || _CrtDbgReport(_CRT_ASSERT, __FILE__, __LINE__, NULL, NULL) != 1 || \
            (_CrtDbgBreak(), 0)))
#undef _RPT0
#undef _RPT1
#undef _RPT2
#undef _RPT3
#undef _RPT4
#undef _RPTF0
#undef _RPTF1
#undef _RPTF2
#undef _RPTF3
#undef _RPTF4
#define FATHOM_RPT(type, file, line, ...)                                                \
    ((void)(_CrtDbgReport(type, file, line, NULL, __VA_ARGS__) != 1 ||                   \
            (_CrtDbgBreak(), 0)))
#define _RPT0(type, text)             FATHOM_RPT(type, NULL, 0, "%s", text)
#define _RPT1(type, text, a)          FATHOM_RPT(type, NULL, 0, text, a)
#define _RPT2(type, text, a, b)       FATHOM_RPT(type, NULL, 0, text, a, b)
#define _RPT3(type, text, a, b, c)    FATHOM_RPT(type, NULL, 0, text, a, b, c)
#define _RPT4(type, text, a, b, c, d) FATHOM_RPT(type, NULL, 0, text, a, b, c, d)
#define _RPTF0(type, text)            FATHOM_RPT(type, __FILE__, __LINE__, "%s", text)
#define _RPTF1(type, text, a)         FATHOM_RPT(type, __FILE__, __LINE__, text, a)
#define _RPTF2(type, text, a, b)      FATHOM_RPT(type, __FILE__, __LINE__, text, a, b)
#define _RPTF3(type, text, a, b, c)   FATHOM_RPT(type, __FILE__, __LINE__, text, a, b, c)
#define _RPTF4(type, text, a, b, c, d)                                                   \
    FATHOM_RPT(type, __FILE__, __LINE__, text, a, b, c, d)

#ifdef _CRTDBG_MAP_ALLOC
#include <stdlib.h>
#include <malloc.h>
#include <string.h>
#define malloc(size)        _malloc_dbg(size, _NORMAL_BLOCK, __FILE__, __LINE__)
#define calloc(count, size) _calloc_dbg(count, size, _NORMAL_BLOCK, __FILE__, __LINE__)
#define realloc(memory, size)                                                            \
    _realloc_dbg(memory, size, _NORMAL_BLOCK, __FILE__, __LINE__)
#define _recalloc(memory, count, size)                                                   \
    _recalloc_dbg(memory, count, size, _NORMAL_BLOCK, __FILE__, __LINE__)
#define _expand(memory, size) _expand_dbg(memory, size, _NORMAL_BLOCK, __FILE__, __LINE__)
#define free(memory)          _free_dbg(memory, _NORMAL_BLOCK)
#define _msize(memory)        _msize_dbg(memory, _NORMAL_BLOCK)
#define _aligned_malloc(size, alignment)                                                 \
    _aligned_malloc_dbg(size, alignment, __FILE__, __LINE__)
#define _aligned_free(memory) _aligned_free_dbg(memory)
#undef _strdup
#undef strdup
#define _strdup(text) _strdup_dbg(text, _NORMAL_BLOCK, __FILE__, __LINE__)
#define strdup(text)  _strdup_dbg(text, _NORMAL_BLOCK, __FILE__, __LINE__)
#define _wcsdup(text) _wcsdup_dbg(text, _NORMAL_BLOCK, __FILE__, __LINE__)
#endif

#ifdef __cplusplus
#include <new>
inline void *operator new(size_t size, int use, const char *file, int line)
{
    if (void *block = _malloc_dbg(size != 0 ? size : 1, use, file, line))
        return block;
    throw std::bad_alloc();
}
inline void *operator new[](size_t size, int use, const char *file, int line)
{
    if (void *block = _malloc_dbg(size != 0 ? size : 1, use, file, line))
        return block;
    throw std::bad_alloc();
}
inline void operator delete(void *block, int use, const char *, int)
{
    _free_dbg(block, use);
}
inline void operator delete[](void *block, int use, const char *, int)
{
    _free_dbg(block, use);
}
#endif
#endif
