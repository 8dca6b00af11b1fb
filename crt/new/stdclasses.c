/* stdclasses.c - std::exception and its kin, type_info: the classes whose members msvcrt.dll
 * exports under Visual C++'s names.
 *
 *     exception       { table, text, owned }             text NULL: "Unknown exception"
 *       bad_cast, bad_typeid, __non_rtti_object          the same, other tables
 *     type_info       { table, name made so far, ".?AVfoo@bar@@" }
 *
 * Members take `this` in ecx.  A text given to a constructor is copied, but by the form with a
 * number.  Tables are what a program's own classes inherit from, so their order is fixed: the
 * destructor, then what().  Lock: none; name() may be made twice at once, and one copy stays.
 * Source: the declarations of Visual C++'s exception and typeinfo headers.
 */
#include "new/stdclasses.h"

static void set_text(struct exception_object *self, const char *text)
{
    self->text = text != NULL ? _strdup(text) : NULL;
    self->owned = self->text != NULL;
}

static void __thiscall destroy(struct exception_object *self)
{
    self->table = exception_table;
    if (self->owned)
        free((void *)self->text);
}

static void *__thiscall destroy_and_free(struct exception_object *self,
                                         unsigned int flags)
{
    destroy(self);
    if (flags & 1)
        free(self);
    return self;
}

static const char *__thiscall what(const struct exception_object *self)
{
    return self->text != NULL ? self->text : "Unknown exception";
}

#define TABLE                                                                            \
    {                                                                                    \
        (const void *)destroy_and_free, (const void *)what                               \
    }
const void *const exception_table[2] = TABLE, *const bad_cast_table[2] = TABLE,
                  *const bad_typeid_table[2] = TABLE, *const non_rtti_table[2] = TABLE;

void *__thiscall exception_default(struct exception_object *self)
{
    *self = (struct exception_object){exception_table, NULL, 0};
    return self;
}

void *__thiscall exception_of_text(struct exception_object *self, const char *const *text)
{
    self->table = exception_table;
    set_text(self, *text);
    return self;
}

void *__thiscall exception_of_constant(struct exception_object *self,
                                       const char *const *text, int unused)
{
    (void)unused;
    *self = (struct exception_object){exception_table, *text, 0};
    return self;
}

void *__thiscall exception_copy(struct exception_object *self,
                                const struct exception_object *other)
{
    *self = *other;
    self->table = exception_table;
    if (other->owned)
        set_text(self, other->text);
    return self;
}

void *__thiscall exception_assign(struct exception_object *self,
                                  const struct exception_object *other)
{
    const void *const *table = self->table; /* of the class that it is */
    if (self != other) {
        destroy(self);
        exception_copy(self, other);
        self->table = table;
    }
    return self;
}

void __thiscall exception_destroy(struct exception_object *self)
{
    destroy(self);
}

const char *__thiscall exception_what(const struct exception_object *self)
{
    return what(self);
}

#define DERIVED(NAME)                                                                    \
    void *__thiscall NAME##_of_text(struct exception_object *self, const char *text)     \
    {                                                                                    \
        self->table = NAME##_table;                                                      \
        set_text(self, text);                                                            \
        return self;                                                                     \
    }                                                                                    \
    void *__thiscall NAME##_copy(struct exception_object *self,                          \
                                 const struct exception_object *other)                   \
    {                                                                                    \
        exception_copy(self, other);                                                     \
        self->table = NAME##_table;                                                      \
        return self;                                                                     \
    }
DERIVED(bad_cast)
DERIVED(bad_typeid)
DERIVED(non_rtti)

void *__thiscall bad_cast_of_reference(struct exception_object *self,
                                       const char *const *text)
{
    return bad_cast_of_text(self, *text);
}

/* ---- type_info ---- */

void __thiscall type_destroy(struct type_info *self)
{
    free(self->undecorated);
    self->undecorated = NULL;
}

static void *__thiscall type_destroy_and_free(struct type_info *self, unsigned int flags)
{
    type_destroy(self);
    if (flags & 1)
        free(self);
    return self;
}
const void *const type_info_table[1] = {(const void *)type_destroy_and_free};

int __thiscall type_equal(const struct type_info *self, const struct type_info *other)
{
    return strcmp(self->name + 1, other->name + 1) == 0;
}

int __thiscall type_unequal(const struct type_info *self, const struct type_info *other)
{
    return !type_equal(self, other);
}

int __thiscall type_before(const struct type_info *self, const struct type_info *other)
{
    return strcmp(self->name + 1, other->name + 1) < 0;
}

const char *__thiscall type_raw_name(const struct type_info *self)
{
    return self->name;
}

/* ".?AVfoo@bar@@" is "class bar::foo"; a name that is more than scopes stays as it is. */
static void undecorate(char *out, const char *name)
{
    static const char *const kinds[][2] = {
        {".?AV", "class "}, {".?AU", "struct "}, {".?AT", "union "}, {".?AW4", "enum "}};
    const char *at = name, *end = name + strlen(name) - 2;
    strcpy(out, name);
    for (int i = 0; i < 4 && at == name; i++)
        if (strncmp(name, kinds[i][0], strlen(kinds[i][0])) == 0) {
            at += strlen(kinds[i][0]);
            strcpy(out, kinds[i][1]);
        }
    if (at == name || end <= at || strcmp(end, "@@") != 0 || strpbrk(at, "?$") != NULL) {
        strcpy(out, name);
        return;
    }
    for (const char *part; end > at; end = part - 1) {
        for (part = end; part > at && part[-1] != '@'; part--)
            ;
        strncat(out, part, (size_t)(end - part));
        if (part > at)
            strcat(out, "::");
    }
}

const char *__thiscall type_name(struct type_info *self)
{
    if (self->undecorated == NULL) {
        char *made = malloc(2 * strlen(self->name) + 8);
        if (made == NULL)
            return NULL;
        undecorate(made, self->name);
        if (InterlockedCompareExchangePointer(&self->undecorated, made, NULL) != NULL)
            free(made);
    }
    return self->undecorated;
}
