/* throw.h - how the Visual C++ runtime throws. */
#ifndef CRT_NEW_THROW_H
#define CRT_NEW_THROW_H

/* Throws std::bad_alloc("bad allocation") as an exception E06D7363h; does not return. */
__attribute__((noreturn)) void throw_bad_alloc(void);
/* The same with another class; text is a constant. */
enum thrown { ThrowBadAlloc, ThrowBadCast, ThrowBadTypeid, ThrowNonRtti };
__attribute__((noreturn)) void throw_class(enum thrown, const char *text);
/* What the compiler calls for `throw`: raises `object`, described by `info`. */
void __stdcall _CxxThrowException(void *object, const void *info);
#endif
