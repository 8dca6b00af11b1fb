/* wsprintf.c - wsprintf and wvsprintf: user32's own small formatter.
 *
 *   %[-][#][0][width][.precision]type    c C d i h? l? s S u x X p, %% and whatever is none of them
 *
 * The result has at most 1,024 characters with its zero; more is cut.  %C and %S are of the other
 * width, h and l before c and s say narrow and wide.  There is no floating point.
 * Source: wsprintf.
 */
#include "user.h"
#include <stdarg.h>

#define MOST 1024

/* width: characters at least; precision: -1 if none was given. */
typedef struct {
    BOOL Left, Prefix, Zero, Wide, Narrow;
    int Width, Precision;
} FORM;

/* Digits of value before end; returns the first. */
static LPSTR Digits(ULONG value, ULONG base, LPCSTR letters, LPSTR end)
{
    do {
        *--end = letters[value % base];
    } while (value /= base);
    return end;
}

/* The formatter in one width: CHAR, its reader of a format, and what it writes. */
#define FORMATTER(X, CHAR, STR)                                                            \
    static void Pad##X(CHAR *out, int *at, CHAR with, int count)                           \
    {                                                                                      \
        while (count-- > 0 && *at < MOST - 1)                                              \
            out[(*at)++] = with;                                                           \
    }                                                                                      \
    /* A field: prefix, zeros to the precision, text of length characters, wide or not. */ \
    static void Field##X(CHAR *out, int *at, const FORM *form, LPCSTR prefix, int zeros,   \
                         const void *text, int length, BOOL wide)                          \
    {                                                                                      \
        const int used = lstrlenA(prefix), fill = form->Width - used - zeros - length;     \
        if (!form->Left && !form->Zero)                                                    \
            Pad##X(out, at, ' ', fill);                                                    \
        for (; *prefix; prefix++)                                                          \
            Pad##X(out, at, *prefix, 1);                                                   \
        Pad##X(out, at, '0', zeros + (form->Zero && !form->Left ? fill : 0));              \
        for (int i = 0; i < length; i++)                                                   \
            Pad##X(out, at,                                                                \
                   wide ? (CHAR)((const WCHAR *)text)[i] : ((const BYTE *)text)[i], 1);    \
        if (form->Left)                                                                    \
            Pad##X(out, at, ' ', fill);                                                    \
    }                                                                                      \
    static void Number##X(CHAR *out, int *at, FORM *form, ULONG value, ULONG base,         \
                          LPCSTR letters, LPCSTR prefix)                                   \
    {                                                                                      \
        char digits[12];                                                                   \
        const LPSTR first = Digits(value, base, letters, digits + sizeof digits);          \
        const int length = digits + sizeof digits - first;                                 \
        if (form->Precision >= 0)                                                          \
            form->Zero = FALSE;                                                            \
        Field##X(out, at, form, prefix,                                                    \
                 form->Precision > length ? form->Precision - length : 0, first, length,   \
                 FALSE);                                                                   \
    }                                                                                      \
    static void Text##X(CHAR *out, int *at, FORM *form, const void *text, BOOL wide)       \
    {                                                                                      \
        int length = 0;                                                                    \
        form->Zero = FALSE;                                                                \
        if (!text)                                                                         \
            text = wide ? (const void *)L"(null)" : "(null)";                              \
        while (length != form->Precision &&                                                \
               (wide ? ((const WCHAR *)text)[length]                                       \
                     : ((const CHAR##_BYTE *)text)[length]))                               \
            length++;                                                                      \
        Field##X(out, at, form, "", 0, text, length, wide);                                \
    }                                                                                      \
    static STR Form##X(STR format, FORM *form)                                             \
    {                                                                                      \
        for (;; format++)                                                                  \
            if (*format == '-')                                                            \
                form->Left = TRUE;                                                         \
            else if (*format == '#')                                                       \
                form->Prefix = TRUE;                                                       \
            else if (*format == '0')                                                       \
                form->Zero = TRUE;                                                         \
            else                                                                           \
                break;                                                                     \
        while (*format >= '0' && *format <= '9')                                           \
            form->Width = form->Width * 10 + *format++ - '0';                              \
        if (*format == '.')                                                                \
            for (form->Precision = 0, format++; *format >= '0' && *format <= '9';)         \
                form->Precision = form->Precision * 10 + *format++ - '0';                  \
        form->Narrow = *format == 'h';                                                     \
        form->Wide = *format == 'l' || *format == 'w';                                     \
        return format + (form->Narrow || form->Wide);                                      \
    }                                                                                      \
    int WINAPI wvsprintf##X(CHAR *out, STR format, va_list values)                         \
    {                                                                                      \
        static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";      \
        int at = 0;                                                                        \
        while (*format) {                                                                  \
            FORM form = {.Precision = -1};                                                 \
            const BOOL ours = sizeof(CHAR) == 2;                                           \
            if (*format != '%' || !*++format) {                                            \
                Pad##X(out, &at, *format ? *format++ : '%', 1);                            \
                continue;                                                                  \
            }                                                                              \
            format = Form##X(format, &form);                                               \
            const CHAR kind = *format;                                                     \
            const BOOL wide = kind == 'S' || kind == 'C' ? !ours : ours,                   \
                       really = form.Wide || (wide && !form.Narrow);                       \
            format += kind != 0;                                                           \
            if (kind == 'd' || kind == 'i') {                                              \
                const LONG value = va_arg(values, LONG);                                   \
                const ULONG size = value < 0 ? 0ul - (ULONG)value : (ULONG)value;          \
                Number##X(out, &at, &form, size, 10, lower, value < 0 ? "-" : "");         \
            } else if (kind == 'u' || kind == 'x' || kind == 'X' || kind == 'p') {         \
                const ULONG value = va_arg(values, ULONG);                                 \
                if (kind == 'p')                                                           \
                    form.Precision = 8;                                                    \
                Number##X(out, &at, &form, value, kind == 'u' ? 10 : 16,                   \
                          kind == 'x' ? lower : upper,                                     \
                          !form.Prefix  ? ""                                               \
                          : kind == 'x' ? "0x"                                             \
                          : kind == 'X' ? "0X"                                             \
                                        : "");                                             \
            } else if (kind == 'c' || kind == 'C') {                                       \
                const WCHAR one = (WCHAR)va_arg(values, int);                              \
                form.Zero = FALSE;                                                         \
                Field##X(out, &at, &form, "", 0, &one, 1, really);                         \
            } else if (kind == 's' || kind == 'S') {                                       \
                Text##X(out, &at, &form, va_arg(values, const void *), really);            \
            } else if (kind) {                                                             \
                Pad##X(out, &at, kind, 1);                                                 \
            }                                                                              \
        }                                                                                  \
        out[at] = 0;                                                                       \
        return at;                                                                         \
    }                                                                                      \
    int WINAPIV wsprintf##X(CHAR *out, STR format, ...)                                    \
    {                                                                                      \
        va_list values;                                                                    \
        va_start(values, format);                                                          \
        const int length = wvsprintf##X(out, format, values);                              \
        va_end(values);                                                                    \
        return length;                                                                     \
    }

typedef BYTE CHAR_BYTE, WCHAR_BYTE;
FORMATTER(A, CHAR, LPCSTR)
FORMATTER(W, WCHAR, LPCWSTR)
