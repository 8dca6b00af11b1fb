/* throw.c - std::bad_alloc of the Visual C++ runtime, thrown.
 *
 *     RaiseException(E06D7363h "msc", { 19930520h, object, ThrowInfo })
 *     ThrowInfo ─> CatchableTypeArray ─> CatchableType ─> type_info ".?AVbad_alloc@std@@"
 *
 * The structures are those that a compiler emits beside a throw expression; frames of
 * Visual C++ compare the type_info names.  A g++ program knows nothing of them: there it
 * is an unhandled exception with that code.  Source: the layout as MSVC's ehdata.h
 * declares it.
 */
#include "msvcrt/crt.h"
#include "new/throw.h"

#define CXX_EXCEPTION 0xE06D7363u
#define CXX_MAGIC     0x19930520u

struct exception_object {
    const void *const *table;
    const char *text;
    int owned;
};

struct type_info {
    const void *const *table;
    void *undecorated;
    char name[32];
};

struct catchable_type {
    unsigned int properties;
    const struct type_info *type;
    int this_displacement[3];
    int size;
    void *copy;
};

struct catchable_types {
    int count;
    const struct catchable_type *types[2];
};

struct throw_info {
    unsigned int attributes;
    void *destroy;
    void *forward;
    const struct catchable_types *types;
};

/* Members of std::exception: `this` comes in ecx.  The destructor frees nothing, for the
 * text is a constant; bit 0 of `flags` asks for delete. */
static void *__thiscall exception_destroy(struct exception_object *self,
                                          unsigned int flags)
{
    if (flags & 1)
        free(self);
    return self;
}

static const char *__thiscall exception_what(struct exception_object *self)
{
    return self->text;
}

static const void *const exception_table[] = {(const void *)exception_destroy,
                                              (const void *)exception_what};
static const struct type_info bad_alloc_type = {NULL, NULL, ".?AVbad_alloc@std@@"};
static const struct type_info exception_type = {NULL, NULL, ".?AVexception@std@@"};
static const struct catchable_type bad_alloc_catch = {
    0, &bad_alloc_type, {0, -1, 0}, sizeof(struct exception_object), NULL};
static const struct catchable_type exception_catch = {
    0, &exception_type, {0, -1, 0}, sizeof(struct exception_object), NULL};
static const struct catchable_types bad_alloc_types = {
    2, {&bad_alloc_catch, &exception_catch}};
static const struct throw_info bad_alloc_info = {0, NULL, NULL, &bad_alloc_types};

void __stdcall _CxxThrowException(void *object, const void *info)
{
    ULONG_PTR arguments[3] = {CXX_MAGIC, (ULONG_PTR)object, (ULONG_PTR)info};
    RaiseException(CXX_EXCEPTION, EXCEPTION_NONCONTINUABLE, 3, arguments);
}

void throw_bad_alloc(void)
{
    struct exception_object object = {exception_table, "bad allocation", 0};
    _CxxThrowException(&object, &bad_alloc_info);
    __builtin_unreachable();
}
