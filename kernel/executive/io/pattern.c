/* pattern.c - does a name match a pattern?  What `*`, `?` and the three DOS characters mean.
 *
 *   *   any characters, also none
 *   ?   one character
 *   <   DOS_STAR: as *, but it never takes the last dot of the name
 *   >   DOS_QM: one character other than a dot; no character before a dot and at the end
 *   "   DOS_DOT: a dot; no character at the end
 *
 * The idea: the pattern is read once, from left to right.  What is kept is how much of the
 * name the pattern so far can have taken: At[n] says that it can be the first n characters.
 *
 *   name      r e a d m e . t x t        after  *  every n
 *   At[n]    0 1 2 3 4 5 6 7 8 9 10      after  .  7        after  t  8
 *
 * So a match costs at most (pattern x name), whatever the pattern, without recursion.
 * Invariant: At holds between Low and High; no other n is possible; Low > High: none is.
 *
 * Windows: FsRtlIsNameInExpression, whose page describes the five characters.
 */
#include "io/iop.h"

typedef struct _IOPMATCH {
    const WCHAR *Name;
    ULONG Length, LastDot; /* LastDot == Length: there is none */
    ULONG Low, High;
    BOOLEAN At[IO_LONGEST_NAME + 1];
} IOPMATCH;

static BOOLEAN IopTakes(WCHAR wanted, WCHAR character)
{
    switch (wanted) {
    case '?':
        return TRUE;
    case '>':
        return character != '.';
    case '"':
        return character == '.';
    default:
        return IopUpcase(wanted) == IopUpcase(character);
    }
}

static BOOLEAN IopTakesNothing(const IOPMATCH *match, WCHAR wanted, ULONG at)
{
    const BOOLEAN end = at == match->Length;
    return (wanted == '"' && end) || (wanted == '>' && (end || match->Name[at] == '.'));
}

static void IopMatchOne(IOPMATCH *match, WCHAR wanted)
{
    const ULONG last = min(match->High + 1, match->Length);
    ULONG low = match->Length + 1, high = 0;
    for (ULONG n = last + 1; n-- > match->Low;) {
        const BOOLEAN one =
            n > match->Low && match->At[n - 1] && IopTakes(wanted, match->Name[n - 1]);
        const BOOLEAN none =
            n <= match->High && match->At[n] && IopTakesNothing(match, wanted, n);
        match->At[n] = one || none;
        if (match->At[n]) {
            low = n;
            high = max(high, n);
        }
    }
    match->Low = low;
    match->High = high;
}

static void IopMatchStar(IOPMATCH *match, BOOLEAN dos)
{
    const ULONG high = match->High;
    BOOLEAN on = TRUE;
    for (ULONG n = match->Low; n <= match->Length; n++) {
        if (n > match->Low && dos && n - 1 == match->LastDot)
            on = FALSE;
        on |= n <= high && match->At[n];
        match->At[n] = on;
        if (on)
            match->High = n;
    }
}

/* No pattern so far: it can have taken no character. */
static BOOLEAN IopMatchNothing(IOPMATCH *match, const WCHAR *name)
{
    ULONG length = 0, dots = 0;
    for (; name[length]; length++) {
        if (length == IO_LONGEST_NAME)
            return FALSE;
        if (name[length] == '.')
            dots = length + 1;
    }
    match->Name = name;
    match->Length = length;
    match->LastDot = dots ? dots - 1 : length;
    match->Low = match->High = 0;
    match->At[0] = TRUE;
    return TRUE;
}

/* Both end with a zero.  Upper and lower case are the same.  FALSE, too, for a name of more than
 * IO_LONGEST_NAME characters: there is none. */
BOOLEAN IopMatches(const WCHAR *pattern, const WCHAR *name)
{
    IOPMATCH match;
    if (!IopMatchNothing(&match, name))
        return FALSE;
    for (; *pattern && match.Low <= match.High; pattern++) {
        if (*pattern == '*' || *pattern == '<')
            IopMatchStar(&match, *pattern == '<');
        else
            IopMatchOne(&match, *pattern);
    }
    return match.Low <= match.High && match.High == match.Length;
}
