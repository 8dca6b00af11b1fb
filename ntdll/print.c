/* print.c - DbgPrint: a message for a debugging reader, through the kernel's log.
 *
 * Formats: %c %s %S (also %ws %ls) %d %i %u %x %X %p %Z %wZ, width, '0' and '-', l, h and
 * I64. Longer than 512 characters is cut, as on Windows.  Documented: DbgPrint (WDK).
 */
#include "ntdllp.h"
#include <stdarg.h>

typedef struct _SINK {
    WCHAR Text[512];
    ULONG Count;
} SINK;

typedef struct _SPEC {
    ULONG Width, Precision;
    BOOLEAN Zero, Left, Wide, Long64, Upper;
} SPEC;

static void Put(SINK *sink, WCHAR c)
{
    if (sink->Count < 511)
        sink->Text[sink->Count++] = c;
}

/* chars of text (wide or narrow), padded to the width. */
static void PutText(SINK *sink, const SPEC *spec, const void *text, ULONG chars,
                    BOOLEAN wide)
{
    ULONG pad = spec->Width > chars ? spec->Width - chars : 0;
    for (ULONG i = 0; !spec->Left && i < pad; i++)
        Put(sink, spec->Zero ? '0' : ' ');
    for (ULONG i = 0; i < chars; i++)
        Put(sink, wide ? ((const WCHAR *)text)[i] : ((const UCHAR *)text)[i]);
    for (ULONG i = 0; spec->Left && i < pad; i++)
        Put(sink, ' ');
}

static void PutString(SINK *sink, const SPEC *spec, const void *text, BOOLEAN wide)
{
    const void *shown = text ? text : wide ? (const void *)L"(null)" : "(null)";
    ULONG chars = 0;
    while (chars < spec->Precision &&
           (wide ? ((const WCHAR *)shown)[chars] : ((const CHAR *)shown)[chars]))
        chars++;
    PutText(sink, spec, shown, chars, wide);
}

static void PutNumber(SINK *sink, const SPEC *spec, ULONGLONG value, ULONG base,
                      BOOLEAN minus)
{
    CHAR digits[24];
    ULONG at = sizeof digits;
    ULONGLONG left = value;
    const char *set = spec->Upper ? "0123456789ABCDEF" : "0123456789abcdef";
    do
        digits[--at] = set[left % base];
    while (left /= base);
    if (minus)
        digits[--at] = '-';
    PutText(sink, spec, digits + at, sizeof digits - at, FALSE);
}

static const char *ReadSpec(const char *at, SPEC *spec, va_list *arguments)
{
    *spec = (SPEC){.Precision = ~0u};
    for (;; at++) {
        if (*at == '0')
            spec->Zero = TRUE;
        else if (*at == '-')
            spec->Left = TRUE;
        else if (*at != '#' && *at != '+' && *at != ' ')
            break;
    }
    for (; *at >= '0' && *at <= '9'; at++)
        spec->Width = spec->Width * 10 + (ULONG)(*at - '0');
    if (*at == '.') {
        spec->Precision = 0;
        if (*++at == '*') {
            spec->Precision = va_arg(*arguments, ULONG);
            at++;
        }
        for (; *at >= '0' && *at <= '9'; at++)
            spec->Precision = spec->Precision * 10 + (ULONG)(*at - '0');
    }
    if (at[0] == 'I' && at[1] == '6' && at[2] == '4') {
        spec->Long64 = TRUE;
        return at + 3;
    }
    for (; *at == 'l' || *at == 'h' || *at == 'w'; at++) {
        spec->Wide |= *at != 'h';
        spec->Long64 |= at[0] == 'l' && at[1] == 'l';
    }
    return at;
}

static void PutArgument(SINK *sink, char kind, SPEC *spec, va_list *arguments)
{
    ULONGLONG value = 0;
    if (kind == 'd' || kind == 'i' || kind == 'u' || kind == 'x' || kind == 'X' ||
        kind == 'p')
        value = spec->Long64 ? va_arg(*arguments, ULONGLONG)
                : kind == 'd' || kind == 'i'
                    ? (ULONGLONG)(LONGLONG)va_arg(*arguments, LONG)
                    : va_arg(*arguments, ULONG);
    switch (kind) {
    case 'd':
    case 'i':
        PutNumber(sink, spec, (LONGLONG)value < 0 ? 0 - value : value, 10,
                  (LONGLONG)value < 0);
        break;
    case 'u':
        PutNumber(sink, spec, value, 10, FALSE);
        break;
    case 'p':
        spec->Width = 8;
        spec->Zero = TRUE; /* fall through */
    case 'X':
        spec->Upper = TRUE; /* fall through */
    case 'x':
        PutNumber(sink, spec, value, 16, FALSE);
        break;
    case 'c':
        Put(sink, (WCHAR)va_arg(*arguments, int));
        break;
    case 's':
    case 'S':
        PutString(sink, spec, va_arg(*arguments, PVOID), spec->Wide || kind == 'S');
        break;
    case 'Z': {
        const UNICODE_STRING *string = va_arg(*arguments, PVOID);
        ULONG bytes = string ? string->Length : 0;
        PutText(sink, spec, string ? string->Buffer : NULL,
                spec->Wide ? bytes / 2 : bytes, spec->Wide);
        break;
    }
    default:
        Put(sink, (UCHAR)kind);
    }
}

static ULONG Print(const char *format, va_list arguments)
{
    SINK sink = {.Count = 0};
    va_list list;
    va_copy(list, arguments);
    for (const char *at = format; *at; at++) {
        SPEC spec;
        if (*at != '%') {
            Put(&sink, (UCHAR)*at);
            continue;
        }
        at = ReadSpec(at + 1, &spec, &list);
        if (!*at)
            break;
        PutArgument(&sink, *at, &spec, &list);
    }
    va_end(list);
    UNICODE_STRING text = {(USHORT)(sink.Count * 2), sizeof sink.Text, sink.Text};
    return (ULONG)NtDisplayString(&text);
}

ULONG __cdecl DbgPrint(PCSTR Format, ...)
{
    va_list arguments;
    va_start(arguments, Format);
    ULONG status = Print(Format, arguments);
    va_end(arguments);
    return status;
}

ULONG __cdecl DbgPrintEx(ULONG Component, ULONG Level, PCSTR Format, ...)
{
    (void)Component, (void)Level;
    va_list arguments;
    va_start(arguments, Format);
    ULONG status = Print(Format, arguments);
    va_end(arguments);
    return status;
}
