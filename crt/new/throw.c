/* throw.c - the runtime's own exceptions, thrown: std::bad_alloc, bad_cast, bad_typeid.
 *
 *     RaiseException(E06D7363h "msc", { 19930520h, object, ThrowInfo })
 *     ThrowInfo ─> CatchableTypeArray ─> CatchableType ─> type_info ".?AVbad_alloc@std@@"
 *
 * The structures are those that a compiler emits beside a throw expression; frames of
 * Visual C++ compare the type_info names.  A g++ program knows nothing of them: there it
 * is an unhandled exception with that code.  Source: the layout as MSVC's ehdata.h
 * declares it.
 */
#include "new/stdclasses.h"
#include "new/throw.h"

#define CXX_EXCEPTION 0xE06D7363u
#define CXX_MAGIC     0x19930520u

struct catchable_type {
    unsigned int properties;
    const struct type_info *type;
    int this_displacement[3];
    int size;
    void *copy;
};

struct catchable_types {
    int count;
    const struct catchable_type *types[3];
};

struct throw_info {
    unsigned int attributes;
    void *destroy;
    void *forward;
    const struct catchable_types *types;
};

#define TYPE(NAME, TEXT)                                                                 \
    static const struct type_info NAME##_type = {type_info_table, NULL, TEXT};           \
    static const struct catchable_type NAME##_catch = {                                  \
        0, &NAME##_type, {0, -1, 0}, sizeof(struct exception_object), NULL};
TYPE(std_exception, ".?AVexception@std@@")
TYPE(bad_alloc, ".?AVbad_alloc@std@@")
TYPE(exception, ".?AVexception@@")
TYPE(bad_cast, ".?AVbad_cast@@")
TYPE(bad_typeid, ".?AVbad_typeid@@")
TYPE(non_rtti, ".?AV__non_rtti_object@@")

/* What can be caught as: the class first, then its bases. */
static const struct catchable_types catches[] = {
    [ThrowBadAlloc] = {2, {&bad_alloc_catch, &std_exception_catch}},
    [ThrowBadCast] = {2, {&bad_cast_catch, &exception_catch}},
    [ThrowBadTypeid] = {2, {&bad_typeid_catch, &exception_catch}},
    [ThrowNonRtti] = {3, {&non_rtti_catch, &bad_typeid_catch, &exception_catch}},
};
static const void *const *const tables[] = {
    [ThrowBadAlloc] = exception_table,
    [ThrowBadCast] = bad_cast_table,
    [ThrowBadTypeid] = bad_typeid_table,
    [ThrowNonRtti] = non_rtti_table,
};

void __stdcall _CxxThrowException(void *object, const void *info)
{
    ULONG_PTR arguments[3] = {CXX_MAGIC, (ULONG_PTR)object, (ULONG_PTR)info};
    RaiseException(CXX_EXCEPTION, EXCEPTION_NONCONTINUABLE, 3, arguments);
}

void throw_class(enum thrown kind, const char *text)
{
    const struct throw_info info = {0, NULL, NULL, &catches[kind]};
    struct exception_object object = {tables[kind], text, 0};
    _CxxThrowException(&object, &info);
    __builtin_unreachable();
}

void throw_bad_alloc(void)
{
    throw_class(ThrowBadAlloc, "bad allocation");
}
