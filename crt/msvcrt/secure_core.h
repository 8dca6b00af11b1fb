/* secure_core.h - the _s forms of string.h, once for each width of character.
 *
 * They empty the target and return EINVAL or ERANGE where the others would overrun.  Included by
 * string_core.h and by ntdll/crt/secure.c, which say: CHAR; NAME(x), the name of strx.
 * Source of each: Microsoft C runtime reference, by name.
 */
errno_t __cdecl NAME(ncpy_s)(CHAR *to, size_t room, const CHAR *from, size_t count)
{
    if (to == NULL || room == 0)
        return *_errno() = EINVAL;
    *to = 0;
    if (from == NULL)
        return count == 0 ? 0 : (*_errno() = EINVAL);
    size_t length = NAME(nlen)(from, count == _TRUNCATE ? room : count);
    if (length >= room) {
        if (count != _TRUNCATE)
            return *_errno() = ERANGE;
        memcpy(to, from, (room - 1) * sizeof(CHAR));
        to[room - 1] = 0;
        return STRUNCATE;
    }
    memcpy(to, from, length * sizeof(CHAR));
    to[length] = 0;
    return 0;
}

errno_t __cdecl NAME(cpy_s)(CHAR *to, size_t room, const CHAR *from)
{
    if (from == NULL && to != NULL && room != 0) {
        *to = 0;
        return *_errno() = EINVAL;
    }
    return NAME(ncpy_s)(to, room, from, (size_t)-2);
}

errno_t __cdecl NAME(ncat_s)(CHAR *to, size_t room, const CHAR *from, size_t count)
{
    if (to == NULL || room == 0)
        return *_errno() = EINVAL;
    size_t used = NAME(nlen)(to, room);
    errno_t error =
        used == room ? EINVAL : NAME(ncpy_s)(to + used, room - used, from, count);
    if (error != 0 && error != STRUNCATE) {
        *to = 0;
        *_errno() = error;
    }
    return error;
}

errno_t __cdecl NAME(cat_s)(CHAR *to, size_t room, const CHAR *from)
{
    return NAME(ncat_s)(to, room, from, (size_t)-2);
}
