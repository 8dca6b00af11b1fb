/* rtti.c - dynamic_cast and typeid of Visual C++: __RTDynamicCast, __RTtypeid, __RTCastToVoid.
 *
 *     object ─> table; before it a locator ─> offset of this table in the whole object
 *                                          ─> type_info
 *                                          ─> hierarchy ─> { base ─> type_info, place } ...
 *
 * The structures are those that the compiler emits beside a table.  An object whose table cannot be
 * read has none: __non_rtti_object.  Source: their layout as Visual C++'s rttidata.h declares it.
 */
#include "new/stdclasses.h"
#include "new/throw.h"

#define HIDDEN 3 /* private to the whole object, or there twice */

struct place {
    int member, table, entry; /* table -1: no virtual base */
};

struct base {
    const struct type_info *type;
    unsigned int contained;
    struct place place;
    unsigned int attributes;
};

struct hierarchy {
    unsigned int signature, attributes, count;
    const struct base *const *bases; /* the class itself first */
};

struct locator {
    unsigned int signature;
    int offset, constructor_offset;
    struct type_info *type;
    const struct hierarchy *hierarchy;
};

static const struct locator *locator_of(const void *object)
{
    const void *const *table;
    const struct locator *found;
    if (IsBadReadPtr(object, sizeof(table)))
        throw_class(ThrowNonRtti, "Access violation - no RTTI data!");
    table = *(const void *const *const *)object;
    if (IsBadReadPtr(table - 1, sizeof(*table)))
        throw_class(ThrowNonRtti, "Bad read pointer - no RTTI data!");
    found = table[-1];
    if (IsBadReadPtr(found, sizeof(*found)))
        throw_class(ThrowNonRtti, "Bad read pointer - no RTTI data!");
    return found;
}

/* The whole object that this is a part of. */
void *__cdecl __RTCastToVoid(void *object)
{
    if (object == NULL)
        return NULL;
    const struct locator *locator = locator_of(object);
    char *whole = (char *)object - locator->offset;
    if (locator->constructor_offset)
        whole -= *(int *)((char *)object - locator->constructor_offset);
    return whole;
}

static void *base_at(char *whole, const struct place *place)
{
    int offset = place->member;
    if (place->table >= 0)
        offset +=
            place->table + *(int *)(*(char **)(whole + place->table) + place->entry);
    return whole + offset;
}

/* The part of the object that is a `target`; NULL: it has none, or none that may be seen.  With
 * `reference`, bad_cast is thrown instead.  delta, source: of the static type, which the locator
 * makes known without them.  Source: dynamic_cast. */
void *__cdecl __RTDynamicCast(void *object, long delta, const struct type_info *source,
                              const struct type_info *target, int reference)
{
    (void)delta, (void)source;
    if (object == NULL)
        return NULL;
    char *whole = __RTCastToVoid(object);
    const struct hierarchy *hierarchy = locator_of(object)->hierarchy;
    for (unsigned int i = 0; i < hierarchy->count; i++) {
        const struct base *base = hierarchy->bases[i];
        if (type_equal(base->type, target) && !(base->attributes & HIDDEN))
            return base_at(whole, &base->place);
    }
    if (reference)
        throw_class(ThrowBadCast, "Bad dynamic_cast!");
    return NULL;
}

/* Source: typeid. */
struct type_info *__cdecl __RTtypeid(void *object)
{
    if (object == NULL)
        throw_class(ThrowBadTypeid, "Attempted a typeid of NULL pointer!");
    return locator_of(object)->type;
}
