/* argv.c - the command line becomes argv, by the documented rules of Visual C++.
 *
 *     2n backslashes and a quote:      n backslashes, and the quote opens or closes
 *     2n + 1 backslashes and a quote:  n backslashes and a plain quote
 *     backslashes elsewhere:           themselves
 *     "" inside quotes:                a plain quote, and still inside
 *     the program's name:              to the closing quote or the first blank, no escapes
 *
 * Everything is split once, when the DLL starts, into one block: pointers, then text.
 * Wildcards are left as they are.  Source: Microsoft C++ reference, "Parsing C
 * command-line arguments".
 */
#include "crt.h"

/* One rule set, two widths: the text of `line` is appended at `out` (null: only count). */
#define SPLITTER(NAME, CHAR)                                                             \
    static size_t NAME(const CHAR *line, CHAR *out, CHAR **argv, int *argc)              \
    {                                                                                    \
        const CHAR *at = line;                                                           \
        size_t used = 0;                                                                 \
        int words = 0, quoted = 0;                                                       \
        if (argv != NULL)                                                                \
            argv[words] = out;                                                           \
        words++;                                                                         \
        for (; *at && (quoted || (*at != ' ' && *at != '\t')); at++) {                   \
            if (*at == '"')                                                              \
                quoted = !quoted;                                                        \
            else if (out != NULL)                                                        \
                out[used++] = *at;                                                       \
            else                                                                         \
                used++;                                                                  \
        }                                                                                \
        if (out != NULL)                                                                 \
            out[used] = 0;                                                               \
        used++;                                                                          \
        for (;;) {                                                                       \
            while (*at == ' ' || *at == '\t')                                            \
                at++;                                                                    \
            if (!*at)                                                                    \
                break;                                                                   \
            if (argv != NULL)                                                            \
                argv[words] = out + used;                                                \
            words++;                                                                     \
            quoted = 0;                                                                  \
            while (*at && (quoted || (*at != ' ' && *at != '\t'))) {                     \
                size_t slashes = 0, plain = 0;                                           \
                CHAR next;                                                               \
                while (*at == '\\') {                                                    \
                    slashes++;                                                           \
                    at++;                                                                \
                }                                                                        \
                next = *at;                                                              \
                if (next == '"') {                                                       \
                    plain = slashes % 2;                                                 \
                    slashes /= 2;                                                        \
                    if (!plain && quoted && at[1] == '"') {                              \
                        plain = 1;                                                       \
                        at++;                                                            \
                    } else if (!plain) {                                                 \
                        quoted = !quoted;                                                \
                    }                                                                    \
                    at++;                                                                \
                } else if (next && (quoted || (next != ' ' && next != '\t'))) {          \
                    plain = 1;                                                           \
                    at++;                                                                \
                }                                                                        \
                for (; slashes; slashes--, used++)                                       \
                    if (out != NULL)                                                     \
                        out[used] = '\\';                                                \
                if (plain && out != NULL)                                                \
                    out[used] = next;                                                    \
                used += plain;                                                           \
            }                                                                            \
            if (out != NULL)                                                             \
                out[used] = 0;                                                           \
            used++;                                                                      \
        }                                                                                \
        if (argv != NULL)                                                                \
            argv[words] = NULL;                                                          \
        *argc = words;                                                                   \
        return used;                                                                     \
    }

SPLITTER(split, char)
SPLITTER(wsplit, wchar_t)

/* Splits `line` into *argv, one block of malloc; the number of words, or -1 without
 * memory. */
int crt_split(const char *line, char ***argv)
{
    int argc;
    size_t size = split(line, NULL, NULL, &argc);
    char **block = malloc((argc + 1) * sizeof(char *) + size);
    if (block == NULL)
        return -1;
    split(line, (char *)(block + argc + 1), block, &argc);
    *argv = block;
    return argc;
}

int crt_wsplit(const wchar_t *line, wchar_t ***argv)
{
    int argc;
    size_t size = wsplit(line, NULL, NULL, &argc);
    wchar_t **block = malloc((argc + 1) * sizeof(wchar_t *) + size * sizeof(wchar_t));
    if (block == NULL)
        return -1;
    wsplit(line, (wchar_t *)(block + argc + 1), block, &argc);
    *argv = block;
    return argc;
}
