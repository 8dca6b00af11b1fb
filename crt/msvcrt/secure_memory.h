/* secure_memory.h - memcpy_s and memmove_s: msvcrt and ntdll/crt say SECURE(name). */
/* 0; EINVAL or ERANGE, and then the target is zeroed.  Source: memcpy_s. */
errno_t __cdecl SECURE(memcpy_s)(void *to, size_t room, const void *from, size_t size)
{
    if (size == 0)
        return 0;
    if (to == NULL)
        return *_errno() = EINVAL;
    if (from == NULL || room < size) {
        memset(to, 0, room);
        return *_errno() = from == NULL ? EINVAL : ERANGE;
    }
    memcpy(to, from, size);
    return 0;
}

errno_t __cdecl SECURE(memmove_s)(void *to, size_t room, const void *from, size_t size)
{
    if (size == 0)
        return 0;
    if (to == NULL || from == NULL)
        return *_errno() = EINVAL;
    if (room < size)
        return *_errno() = ERANGE;
    memmove(to, from, size);
    return 0;
}
