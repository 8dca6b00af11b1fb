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
} OUTPUT;

typedef struct {
    BOOLEAN Zero, Long64;
    int Width, Precision; /* -1: none */
} SPEC;

static void RtlpPut(OUTPUT *out, const char *text, ULONG length)
{
    out->Put(out->Context, text, length);
}

static void RtlpField(OUTPUT *out, const SPEC *spec, const char *text, int length)
{
    for (int i = length; i < spec->Width; i++)
        RtlpPut(out, " ", 1);
    RtlpPut(out, text, length);
}

static void RtlpNumber(OUTPUT *out, const SPEC *spec, ULONGLONG value, ULONG base,
                       char kind, BOOLEAN negative)
{
    const char *digits = kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[48];
    int at = sizeof text;
    int least = spec->Precision >= 0 ? spec->Precision : 1;
    if (spec->Zero && spec->Precision < 0)
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

static void RtlpString(OUTPUT *out, const SPEC *spec, const char *text)
{
    ULONG length = 0;
    if (text == NULL)
        text = "(null)";
    while (length != (ULONG)spec->Precision && text[length] != 0)
        length++;
    RtlpField(out, spec, text, length);
}

/* UTF-16 as UTF-8, surrogates left alone: the kernel prints names, not prose. */
static void RtlpWideString(OUTPUT *out, const SPEC *spec, const WCHAR *text)
{
    if (text == NULL)
        text = L"(null)";
    for (ULONG i = 0; i != (ULONG)spec->Precision && text[i] != 0; i++) {
        const WCHAR c = text[i];
        const char utf8[3] = {c < 0x80    ? c
                              : c < 0x800 ? 0xC0 | c >> 6
                                          : 0xE0 | c >> 12,
                              c < 0x800 ? 0x80 | (c & 63) : 0x80 | (c >> 6 & 63),
                              0x80 | (c & 63)};
        RtlpPut(out, utf8, c < 0x80 ? 1 : c < 0x800 ? 2 : 3);
    }
}

static const char *RtlpDigits(const char *p, int *value)
{
    for (*value = 0; *p >= '0' && *p <= '9'; p++)
        *value = *value * 10 + *p - '0';
    return p;
}

static const char *RtlpParse(const char *p, SPEC *spec)
{
    *spec = (SPEC){.Zero = *p == '0', .Precision = -1};
    p = RtlpDigits(p, &spec->Width);
    if (*p == '.')
        p = RtlpDigits(p + 1, &spec->Precision);
    spec->Long64 = memcmp(p, "I64", 3) == 0;
    return p + (spec->Long64 ? 3 : *p == 'l');
}

void RtlFormat(void (*put)(void *, const char *, ULONG), void *context,
               const char *format, va_list arguments)
{
    OUTPUT out = {put, context};
    for (const char *p = format; *p != 0;) {
        const char *plain = p;
        while (*p != 0 && *p != '%')
            p++;
        RtlpPut(&out, plain, p - plain);
        if (*p == 0)
            break;
        SPEC spec;
        const char *start = p;
        p = RtlpParse(p + 1, &spec);
        const char kind = *p;
        if (kind != 0)
            p++;
        switch (kind) {
        case 'd': {
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
        case 's':
            RtlpString(&out, &spec, va_arg(arguments, const char *));
            break;
        case 'S':
            RtlpWideString(&out, &spec, va_arg(arguments, const WCHAR *));
            break;
        default:
            RtlpPut(&out, start, p - start);
        }
    }
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

int RtlSnprintf(char *text, SIZE_T size, const char *format, ...)
{
    BUFFER buffer = {text, size - 1};
    va_list arguments;
    va_start(arguments, format);
    RtlFormat(RtlpPutBuffer, &buffer, format, arguments);
    va_end(arguments);
    *buffer.At = 0;
    return buffer.At - text;
}
