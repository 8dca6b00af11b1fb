/* classes.c - exception and type_info of msvcrt.dll, and dynamic_cast by hand: the tables that
 * Visual C++ would emit for
 *
 *     struct Root { virtual ~Root(); };       struct Left : Root { };
 *     struct Right { virtual ~Right(); };     struct Hidden { virtual ~Hidden(); };
 *     struct Whole : Left, private Hidden, Right { };
 */
#include <setjmp.h>
#include <string.h>
#include <windows.h>
#include "check.h"

#undef THIS
#define THIS __attribute__((thiscall))

static void *own(const char *name)
{
    void *function = (void *)GetProcAddress(GetModuleHandleA("msvcrt.dll"), name);
    NOTE(name, 0);
    CHECK(function != NULL);
    return function;
}

/* ---- exceptions ---- */

typedef struct {
    void **table;
    char *text;
    int owned;
} object;
typedef const char *THIS what_function(object *);
typedef object *THIS text_function(object *, const char *const *);
typedef object *THIS plain_function(object *);
typedef object *THIS copy_function(object *, const object *);
typedef object *THIS direct_function(object *, const char *);

static const char *what(object *o) /* as a program calls it: through the table */
{
    return ((what_function *)o->table[1])(o);
}

static void exceptions(void)
{
    text_function *of_text = own("??0exception@@QAE@ABQBD@Z");
    plain_function *plain = own("??0exception@@QAE@XZ"),
                   *destroy = own("??1exception@@UAE@XZ");
    copy_function *copy = own("??0exception@@QAE@ABV0@@Z"),
                  *assign = own("??4exception@@QAEAAV0@ABV0@@Z");
    direct_function *bad_cast = own("??0bad_cast@@QAE@PBD@Z");
    object first, second, third;
    char text[] = "what went wrong";
    const char *const pointer = text;

    CHECK(of_text(&first, &pointer) == &first &&
          first.table == own("??_7exception@@6B@"));
    text[0] = 'W'; /* it has a copy */
    CHECK(!strcmp(what(&first), "what went wrong") && first.owned && first.text != text);
    CHECK(!strcmp(((what_function *)own("?what@exception@@UBEPBDXZ"))(&first),
                  what(&first)));
    CHECK(copy(&second, &first)->text != first.text &&
          !strcmp(what(&second), what(&first)));
    plain(&third);
    CHECK(!strcmp(what(&third), "Unknown exception"));
    CHECK(!strcmp(what(assign(&third, &second)), "what went wrong"));
    destroy(&first), destroy(&second), destroy(&third);
    bad_cast(&first, "no such part");
    CHECK(first.table == own("??_7bad_cast@@6B@") &&
          !strcmp(what(&first), "no such part"));
    plain(&second);
    CHECK(assign(&first, &second)->table == own("??_7bad_cast@@6B@") &&
          first.text == NULL);
    destroy(&first);
}

/* ---- types ---- */

typedef struct {
    const void *table;
    char *made;
    char name[24];
} type;
typedef const char *THIS name_function(type *);
typedef int THIS compare_function(const type *, const type *);

static type root = {NULL, NULL, ".?AURoot@@"}, left = {NULL, NULL, ".?AVLeft@sea@deep@@"},
            right = {NULL, NULL, ".?ATRight@@"}, hidden = {NULL, NULL, ".?AV?$List@H@@"},
            whole = {NULL, NULL, ".?AVWhole@@"}, other = {NULL, NULL, ".?AW4Other@@"};

static void types(void)
{
    name_function *name = own("?name@type_info@@QBEPBDXZ"),
                  *raw = own("?raw_name@type_info@@QBEPBDXZ");
    compare_function *same = own("??8type_info@@QBEHABV0@@Z"),
                     *differs = own("??9type_info@@QBEHABV0@@Z"),
                     *before = own("?before@type_info@@QBEHABV1@@Z");
    void THIS (*destroy)(type *) = own("??1type_info@@UAE@XZ");
    type again = root;

    CHECK(!strcmp(name(&root), "struct Root") && name(&root) == name(&root));
    CHECK(!strcmp(name(&left), "class deep::sea::Left") &&
          !strcmp(name(&right), "union Right"));
    CHECK(!strcmp(name(&other), "enum Other"));
    CHECK(!strcmp(name(&hidden), hidden.name)); /* more than scopes */
    CHECK(raw(&left) == left.name);
    CHECK(same(&root, &again) && !differs(&root, &again) && !same(&root, &left));
    CHECK(before(&root, &whole) && !before(&whole, &root) && !before(&root, &again));
    destroy(&root), destroy(&left);
    CHECK(root.made == NULL && !strcmp(name(&root), "struct Root"));
}

/* ---- casts ---- */

typedef struct {
    const type *type;
    unsigned contained;
    int member, table, entry;
    unsigned attributes;
} base;
typedef struct {
    unsigned signature, attributes, count;
    const base *const *bases;
} hierarchy;
typedef struct {
    unsigned signature;
    int offset, constructor_offset;
    const type *type;
    const hierarchy *hierarchy;
} locator;

/* Left at 0 with its Root, Hidden at 4, Right at 8. */
static const base whole_base = {&whole, 4, 0, -1, 0, 0},
                  left_base = {&left, 1, 0, -1, 0, 0},
                  root_base = {&root, 0, 0, -1, 0, 0},
                  hidden_base = {&hidden, 0, 4, -1, 0, 1},
                  right_base = {&right, 0, 8, -1, 0, 0};
static const base *const bases[] = {&whole_base, &left_base, &root_base, &hidden_base,
                                    &right_base};
static const hierarchy of_whole = {0, 1, 5, bases};
static const locator at_left = {0, 0, 0, &whole, &of_whole},
                     at_hidden = {0, 4, 0, &whole, &of_whole},
                     at_right = {0, 8, 0, &whole, &of_whole};
static const void *const left_table[] = {&at_left, NULL},
                         *const hidden_table[] = {&at_hidden, NULL},
                         *const right_table[] = {&at_right, NULL};

static jmp_buf place;
static char thrown[32], said[64];

static LONG CALLBACK on_throw(EXCEPTION_POINTERS *pointers)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    if (record->ExceptionCode != 0xE06D7363)
        return EXCEPTION_CONTINUE_SEARCH;
    char **types = *(char ***)((char *)record->ExceptionInformation[2] + 12);
    strncpy(thrown, *(char **)(types[1] + 4) + 8, sizeof thrown - 1);
    strncpy(said, what((object *)record->ExceptionInformation[1]), sizeof said - 1);
    longjmp(place, 1);
}

#define THROWS(call, class)                                                              \
    (setjmp(place) == 0 ? ((void)(call), 0) : !strcmp(thrown, ".?AV" class "@@"))

static void casts(void)
{
    const void *parts[3] = {left_table + 1, hidden_table + 1, right_table + 1};
    void *(*cast)(void *, long, const type *, const type *, int) = own("__RTDynamicCast");
    const type *(*type_of)(void *) = own("__RTtypeid");
    void *(*to_whole)(void *) = own("__RTCastToVoid");
    void *nowhere = (void *)0xDEADBEE0;

    CHECK(to_whole(&parts[0]) == parts && to_whole(&parts[2]) == parts &&
          !to_whole(NULL));
    CHECK(type_of(&parts[2]) == &whole);
    CHECK(cast(&parts[0], 0, &left, &whole, 0) == parts); /* down, up, across */
    CHECK(cast(&parts[0], 0, &left, &root, 0) == parts);
    CHECK(cast(&parts[0], 0, &left, &right, 0) == &parts[2]);
    CHECK(cast(&parts[2], 0, &right, &root, 0) == parts);
    CHECK(cast(&parts[0], 0, &left, &other, 0) == NULL);
    CHECK(cast(&parts[0], 0, &left, &hidden, 0) == NULL); /* private */
    CHECK(cast(NULL, 0, &left, &root, 1) == NULL);
    AddVectoredExceptionHandler(1, on_throw);
    CHECK(THROWS(cast(&parts[0], 0, &left, &other, 1), "bad_cast"));
    CHECK(!strcmp(said, "Bad dynamic_cast!"));
    CHECK(THROWS(type_of(NULL), "bad_typeid"));
    CHECK(THROWS(type_of(nowhere), "__non_rtti_object"));
    CHECK(THROWS(cast(nowhere, 0, &left, &root, 0), "__non_rtti_object"));
}

int main(void)
{
    exceptions();
    types();
    casts();
    return 0;
}
