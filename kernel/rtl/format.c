/* format.c - the printf engine of the kernel: no allocation, no locale, no floating
 * point.
 *
 * It writes through a function, so the same code serves the serial line, a buffer and a
 * frame to the host.  An unknown conversion is printed as it is: a wrong format must
 * be seen.
 */
#include "rtl/rtl.h"

typedef struct {
    void (*Put)(void *, const char *, ULONG);
    void *Context;
    ULONG Length;
} OUTPUT;

typedef struct {
    BOOLEAN Left, Zero, Wide, Long64;
    int Width, Precision; /* -1: none */
} SPEC;

static void RtlpPut(OUTPUT *out, const char *text, ULONG length)
{
    if (length != 0)
        out->Put(out->Context, text, length);
    out->Length += length;
}

static void RtlpPad(OUTPUT *out, char c, int count)
{
    for (; count > 0; count--)
        RtlpPut(out, &c, 1);
}

static void RtlpField(OUTPUT *out, const SPEC *spec, const char *text, int length)
{
    if (!spec->Left)
        RtlpPad(out, ' ', spec->Width - length);
    RtlpPut(out, text, length);
    if (spec->Left)
        RtlpPad(out, ' ', spec->Width - length);
}

static void RtlpNumber(OUTPUT *out, const SPEC *spec, ULONGLONG value, ULONG base,
                       char kind, BOOLEAN negative)
{
    const char *digits = kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[48];
    int at = sizeof text;
    int least = spec->Precision >= 0 ? spec->Precision : 1;
    if (spec->Zero && !spec->Left && spec->Precision < 0)
        least = spec->Width - negative;
    if (least > 40)
        least = 40;
    for (int made = 0; value != 0 || made < least; made++) {
        text[--at] = digits[value % base];
        value /= base;
    }
    if (negative)
        text[--at] = '-';
    RtlpField(out, spec, text + at, sizeof text - at);
}

/* UTF-16 as UTF-8, surrogates left alone: the kernel prints names, not prose. */
static void RtlpWide(OUTPUT *out, const SPEC *spec, const WCHAR *text, ULONG length)
{
    RtlpPad(out, ' ', spec->Left ? 0 : spec->Width - (int)length);
    for (ULONG i = 0; i < length; i++) {
        const WCHAR c = text[i];
        const char utf8[3] = {c < 0x80    ? c
                              : c < 0x800 ? 0xC0 | c >> 6
                                          : 0xE0 | c >> 12,
                              c < 0x800 ? 0x80 | (c & 63) : 0x80 | (c >> 6 & 63),
                              0x80 | (c & 63)};
        RtlpPut(out, utf8, c < 0x80 ? 1 : c < 0x800 ? 2 : 3);
    }
    RtlpPad(out, ' ', spec->Left ? spec->Width - (int)length : 0);
}

static void RtlpString(OUTPUT *out, const SPEC *spec, const char *text)
{
    ULONG length = 0;
    if (text == NULL)
        text = "(null)";
    while ((spec->Precision < 0 || length < (ULONG)spec->Precision) && text[length] != 0)
        length++;
    RtlpField(out, spec, text, length);
}

static void RtlpWideString(OUTPUT *out, const SPEC *spec, const WCHAR *text)
{
    ULONG length = 0;
    if (text == NULL)
        text = L"(null)";
    while ((spec->Precision < 0 || length < (ULONG)spec->Precision) && text[length] != 0)
        length++;
    RtlpWide(out, spec, text, length);
}

static const char *RtlpParse(const char *p, SPEC *spec, va_list *arguments)
{
    *spec = (SPEC){.Precision = -1};
    for (;; p++) {
        if (*p == '-')
            spec->Left = TRUE;
        else if (*p == '0')
            spec->Zero = TRUE;
        else if (*p != '#' && *p != '+' && *p != ' ')
            break;
    }
    for (; (*p >= '0' && *p <= '9') || *p == '*'; p++)
        spec->Width = *p == '*' ? va_arg(*arguments, int) : spec->Width * 10 + *p - '0';
    if (*p == '.') {
        spec->Precision = 0;
        for (p++; (*p >= '0' && *p <= '9') || *p == '*'; p++)
            spec->Precision =
                *p == '*' ? va_arg(*arguments, int) : spec->Precision * 10 + *p - '0';
    }
    for (;; p++) {
        if (*p == 'l') {
            spec->Long64 = spec->Wide; /* ll */
            spec->Wide = TRUE;
        } else if (p[0] == 'I' && p[1] == '6' && p[2] == '4') {
            spec->Long64 = TRUE;
            p += 2;
        } else if (*p == 'w') {
            spec->Wide = TRUE;
        } else if (*p != 'h' && *p != 'z') {
            return p;
        }
    }
}

ULONG RtlFormat(void (*put)(void *, const char *, ULONG), void *context,
                const char *format, va_list list)
{
    OUTPUT out = {put, context, 0};
    va_list arguments;
    va_copy(arguments, list);
    for (const char *p = format; *p != 0;) {
        const char *plain = p;
        while (*p != 0 && *p != '%')
            p++;
        RtlpPut(&out, plain, p - plain);
        if (*p == 0)
            break;
        SPEC spec;
        const char *start = p;
        p = RtlpParse(p + 1, &spec, &arguments);
        const char kind = *p;
        if (kind != 0)
            p++;
        switch (kind) {
        case 'd':
        case 'i': {
            const LONGLONG v =
                spec.Long64 ? va_arg(arguments, LONGLONG) : va_arg(arguments, LONG);
            RtlpNumber(&out, &spec, v < 0 ? 0 - (ULONGLONG)v : (ULONGLONG)v, 10, kind,
                       v < 0);
            break;
        }
        case 'u':
        case 'x':
        case 'X': {
            const ULONGLONG v =
                spec.Long64 ? va_arg(arguments, ULONGLONG) : va_arg(arguments, ULONG);
            RtlpNumber(&out, &spec, v, kind == 'u' ? 10 : 16, kind, FALSE);
            break;
        }
        case 'p':
            spec.Precision = 8;
            RtlpNumber(&out, &spec, va_arg(arguments, ULONG), 16, 'X', FALSE);
            break;
        case 'c': {
            const char c = va_arg(arguments, int);
            RtlpField(&out, &spec, &c, 1);
            break;
        }
        case 's':
            if (spec.Wide)
                RtlpWideString(&out, &spec, va_arg(arguments, const WCHAR *));
            else
                RtlpString(&out, &spec, va_arg(arguments, const char *));
            break;
        case 'S':
            RtlpWideString(&out, &spec, va_arg(arguments, const WCHAR *));
            break;
        case 'Z': {
            const UNICODE_STRING *s = va_arg(arguments, const UNICODE_STRING *);
            RtlpWide(&out, &spec, s->Buffer, s->Length / sizeof(WCHAR));
            break;
        }
        case '%':
            RtlpPut(&out, "%", 1);
            break;
        default:
            RtlpPut(&out, start, p - start);
        }
    }
    va_end(arguments);
    return out.Length;
}

typedef struct {
    char *At;
    SIZE_T Room; /* without the NUL */
} BUFFER;

static void RtlpPutBuffer(void *context, const char *text, ULONG length)
{
    BUFFER *buffer = context;
    const SIZE_T take = length < buffer->Room ? length : buffer->Room;
    memcpy(buffer->At, text, take);
    buffer->At += take;
    buffer->Room -= take;
}

int RtlFormatV(char *text, SIZE_T size, const char *format, va_list arguments)
{
    BUFFER buffer = {text, size == 0 ? 0 : size - 1};
    RtlFormat(RtlpPutBuffer, &buffer, format, arguments);
    if (size != 0)
        *buffer.At = 0;
    return buffer.At - text;
}

int RtlSnprintf(char *text, SIZE_T size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int length = RtlFormatV(text, size, format, arguments);
    va_end(arguments);
    return length;
}
