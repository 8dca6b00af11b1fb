/* arguments.c - CommandLineToArgvW: a command line as an array of arguments.
 *
 *     2n backslashes and a quote:      n backslashes, and the quote opens or closes
 *     2n + 1 backslashes and a quote:  n backslashes and a plain quote
 *     backslashes elsewhere:           themselves
 *     "" inside quotes:                a plain quote, and the quotes end there
 *     the program's name:              to the closing quote or the first blank, no escapes
 *
 * The array and its strings are one block of LocalAlloc's, which LocalFree frees.  An empty line
 * has one argument, the path of the program.  Source: CommandLineToArgvW, and for "" "How command
 * line parameters are parsed" (David Deley).
 */
#define _SHELL32_
#include <windows.h>
#include <shellapi.h>

typedef struct { /* out and arguments NULL: only counted */
    LPWSTR *Arguments;
    LPWSTR Out;
    int Count;
    SIZE_T Length; /* characters, zeros included */
} SPLIT;

static void Begin(SPLIT *split)
{
    if (split->Arguments)
        split->Arguments[split->Count] = split->Out + split->Length;
    split->Count++;
}

static void Put(SPLIT *split, WCHAR c, SIZE_T times)
{
    for (; times; times--, split->Length++)
        if (split->Out)
            split->Out[split->Length] = c;
}

static BOOL IsBlank(WCHAR c)
{
    return c == ' ' || c == '\t';
}

/* The first argument; returns what follows it. */
static LPCWSTR Program(SPLIT *split, LPCWSTR line)
{
    Begin(split);
    if (*line == '"') {
        for (line++; *line && *line != '"'; line++)
            Put(split, *line, 1);
        line += *line == '"';
    } else {
        for (; *line > ' '; line++)
            Put(split, *line, 1);
    }
    Put(split, 0, 1);
    return line;
}

static LPCWSTR Argument(SPLIT *split, LPCWSTR line)
{
    BOOL quoted = FALSE;
    Begin(split);
    for (; *line && (quoted || !IsBlank(*line)); line++) {
        SIZE_T slashes = 0;
        while (*line == '\\') {
            slashes++;
            line++;
        }
        if (*line != '"') {
            Put(split, '\\', slashes);
            if (!*line || (!quoted && IsBlank(*line)))
                break;
            Put(split, *line, 1);
            continue;
        }
        Put(split, '\\', slashes / 2);
        if (slashes % 2) {
            Put(split, '"', 1);
        } else {
            if (quoted && line[1] == '"') {
                Put(split, '"', 1);
                line++;
            }
            quoted = !quoted;
        }
    }
    Put(split, 0, 1);
    return line;
}

static void Split(SPLIT *split, LPCWSTR line)
{
    line = Program(split, line);
    for (;;) {
        while (IsBlank(*line))
            line++;
        if (!*line)
            return;
        line = Argument(split, line);
    }
}

/* NULL with ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY. */
LPWSTR *WINAPI CommandLineToArgvW(LPCWSTR line, int *count)
{
    WCHAR path[MAX_PATH + 2] = L"\"";
    SPLIT split = {NULL, NULL, 0, 0};
    if (!line || !count) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (!*line) { /* in quotes: it is one argument, whatever is in it */
        GetModuleFileNameW(NULL, path + 1, MAX_PATH);
        line = path;
    }
    Split(&split, line);
    const SIZE_T array = (split.Count + 1) * sizeof(LPWSTR);
    LPWSTR *arguments = LocalAlloc(LMEM_FIXED, array + split.Length * sizeof(WCHAR));
    if (!arguments)
        return NULL;
    *count = split.Count;
    arguments[split.Count] = NULL;
    split = (SPLIT){arguments, (LPWSTR)((BYTE *)arguments + array), 0, 0};
    Split(&split, line);
    return arguments;
}
