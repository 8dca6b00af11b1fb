/* message.c - FormatMessage: a system text or the caller's, with inserts.
 *
 * %1 ... %99, each with an optional !printf format!; %n a line end, %0 ends without one,
 * %% and %. and %! and "% " themselves.  All work is done in UTF-16, the A form converts
 * at both ends.  Message tables in modules: there are none in ours
 * (ERROR_RESOURCE_TYPE_NOT_FOUND).
 */
#include "message.h"
#include <stdarg.h>

typedef struct {
    LPWSTR Text; /* from the default heap, grows */
    DWORD Length, Room;
    BOOL Failed; /* no memory */
} OUTPUT;

typedef struct {
    ULONG_PTR Values[100];
    DWORD Known; /* how many of a va_list were read */
    va_list *List;
    const ULONG_PTR *Array;
    BOOL Ansi; /* %s means bytes */
    BOOL Ignore;
} INSERTS;

static void Put(OUTPUT *out, WCHAR c)
{
    if (out->Length + 1 >= out->Room && !out->Failed) {
        DWORD room = out->Room ? out->Room * 2 : 256;
        LPWSTR text =
            out->Text ? RtlReAllocateHeap(BaseHeap(), 0, out->Text, room * sizeof *text)
                      : RtlAllocateHeap(BaseHeap(), 0, room * sizeof *text);
        if (!text) {
            out->Failed = TRUE;
        } else {
            out->Text = text;
            out->Room = room;
        }
    }
    if (out->Failed)
        return;
    out->Text[out->Length++] = c;
    out->Text[out->Length] = 0;
}

static void PutText(OUTPUT *out, LPCWSTR text)
{
    while (*text)
        Put(out, *text++);
}

static ULONG_PTR Argument(INSERTS *inserts, DWORD number)
{
    if (inserts->Array)
        return inserts->Array[number - 1];
    if (!inserts->List)
        return 0;
    while (inserts->Known < number)
        inserts->Values[inserts->Known++] = va_arg(*inserts->List, ULONG_PTR);
    return inserts->Values[number - 1];
}

/* A printf conversion: flags, width, precision, size, letter. */
typedef struct {
    BOOL Left, Zero, Alternate;
    int Width, Precision; /* -1: none */
    BOOL Short, Long;
    WCHAR Letter;
} FORMAT;

static int Number(LPCWSTR *at)
{
    int value = 0;
    while (**at >= '0' && **at <= '9')
        value = value * 10 + (*(*at)++ - '0');
    return value;
}

static FORMAT ParseFormat(LPCWSTR *at)
{
    FORMAT format = {.Precision = -1, .Letter = 's'};

    for (;; (*at)++) {
        if (**at == '-')
            format.Left = TRUE;
        else if (**at == '0')
            format.Zero = TRUE;
        else if (**at == '#')
            format.Alternate = TRUE;
        else
            break;
    }
    format.Width = Number(at);
    if (**at == '.') {
        (*at)++;
        format.Precision = Number(at);
    }
    for (;; (*at)++) {
        if (**at == 'h')
            format.Short = TRUE;
        else if (**at == 'l' || **at == 'w')
            format.Long = TRUE;
        else
            break;
    }
    if (**at && **at != '!')
        format.Letter = *(*at)++;
    while (**at && **at != '!')
        (*at)++;
    if (**at)
        (*at)++;
    return format;
}

static void PutPadded(OUTPUT *out, const FORMAT *format, LPCWSTR text, int length)
{
    int pad = format->Width > length ? format->Width - length : 0, i;
    WCHAR fill = format->Zero && !format->Left ? '0' : ' ';

    for (i = 0; i < pad && !format->Left; i++)
        Put(out, fill);
    for (i = 0; i < length; i++)
        Put(out, text[i]);
    for (i = 0; i < pad && format->Left; i++)
        Put(out, ' ');
}

static void PutNumber(OUTPUT *out, const FORMAT *format, ULONG_PTR value)
{
    WCHAR digits[16], *at = digits + ARRAYSIZE(digits);
    BOOL hex = format->Letter == 'x' || format->Letter == 'X' || format->Letter == 'p';
    BOOL negative =
        (format->Letter == 'd' || format->Letter == 'i') && (LONG_PTR)value < 0;
    LPCWSTR set = format->Letter == 'x' ? L"0123456789abcdef" : L"0123456789ABCDEF";
    ULONG_PTR rest = negative ? 0 - value : value;

    do {
        *--at = set[rest % (hex ? 16 : 10)];
        rest /= hex ? 16 : 10;
    } while (rest);
    if (negative)
        *--at = '-';
    PutPadded(out, format, at, (int)(digits + ARRAYSIZE(digits) - at));
}

static void PutInsert(OUTPUT *out, const FORMAT *format, ULONG_PTR value, BOOL ansi)
{
    BOOL bytes =
        format->Short ||
        (!format->Long && (ansi != (format->Letter == 'S' || format->Letter == 'C')));
    LPWSTR text;
    int length;
    WCHAR c;

    switch (format->Letter) {
    case 's':
    case 'S':
        text = !value ? NULL : bytes ? BasepToWide((LPCSTR)value) : (LPWSTR)value;
        length = text ? (int)wcslen(text) : 6;
        if (format->Precision >= 0 && length > format->Precision)
            length = format->Precision;
        PutPadded(out, format, text ? text : L"(null)", length);
        if (bytes)
            BasepFree(text);
        break;
    case 'c':
    case 'C':
        c = (WCHAR)value;
        if (bytes)
            MultiByteToWideChar(CP_ACP, 0, (LPCSTR)&value, 1, &c, 1);
        PutPadded(out, format, &c, 1);
        break;
    default:
        PutNumber(out, format, value);
    }
}

/* Lines are left as they are (width 0) or broken only at %n
 * (FORMAT_MESSAGE_MAX_WIDTH_MASK). */
static void Expand(OUTPUT *out, LPCWSTR at, INSERTS *inserts, DWORD width)
{
    while (*at) {
        WCHAR c = *at++;
        if (c == '\r' && *at == '\n')
            continue;
        if (c == '\n') {
            PutText(out, width ? L" " : L"\r\n");
        } else if (c != '%') {
            Put(out, c);
        } else if (*at >= '1' && *at <= '9') {
            LPCWSTR start = at;
            DWORD number = *at++ - '0';
            FORMAT format = {.Precision = -1, .Letter = 's'};
            if (*at >= '0' && *at <= '9')
                number = number * 10 + (*at++ - '0');
            if (*at == '!') {
                at++;
                format = ParseFormat(&at);
            }
            if (inserts->Ignore) {
                Put(out, '%');
                while (start < at)
                    Put(out, *start++);
            } else {
                PutInsert(out, &format, Argument(inserts, number), inserts->Ansi);
            }
        } else if (*at == '0') {
            return;
        } else if (*at == 'n') {
            PutText(out, L"\r\n");
            at++;
        } else if (*at == 'r' || *at == 't') {
            Put(out, *at++ == 'r' ? '\r' : '\t');
        } else if (*at) {
            Put(out, *at++);
        }
    }
}

/* The whole message in a block of the default heap; NULL with the last error. */
static LPWSTR Format(DWORD flags, LPCWSTR source, DWORD id, INSERTS *inserts)
{
    OUTPUT out = {0};
    LPCWSTR text = source;

    if (!(flags & FORMAT_MESSAGE_FROM_STRING)) {
        if (!(flags & FORMAT_MESSAGE_FROM_SYSTEM)) {
            RtlSetLastWin32Error(flags & FORMAT_MESSAGE_FROM_HMODULE
                                     ? ERROR_RESOURCE_TYPE_NOT_FOUND
                                     : ERROR_INVALID_PARAMETER);
            return NULL;
        }
        text = BasepSystemMessage(id);
        if (!text) {
            RtlSetLastWin32Error(ERROR_MR_MID_NOT_FOUND);
            return NULL;
        }
    }
    Put(&out, 0);
    out.Length = 0;
    Expand(&out, text, inserts, flags & FORMAT_MESSAGE_MAX_WIDTH_MASK);
    if (text != source)
        PutText(&out, flags & FORMAT_MESSAGE_MAX_WIDTH_MASK ? L" " : L"\r\n");
    if (out.Failed) {
        BasepFree(out.Text);
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    return out.Text;
}

static INSERTS Prepare(DWORD flags, va_list *arguments, BOOL ansi)
{
    INSERTS inserts = {.Ansi = ansi,
                       .Ignore = (flags & FORMAT_MESSAGE_IGNORE_INSERTS) != 0};

    if (flags & FORMAT_MESSAGE_ARGUMENT_ARRAY)
        inserts.Array = (const ULONG_PTR *)arguments;
    else
        inserts.List = arguments;
    return inserts;
}

/* Characters without the NUL; 0: failure. FORMAT_MESSAGE_ALLOCATE_BUFFER: *(LPWSTR *)out
 * gets a LocalAlloc block of at least `size` characters. ERROR_INSUFFICIENT_BUFFER
 * otherwise. */
DWORD WINAPI FormatMessageW(DWORD flags, LPCVOID source, DWORD id, DWORD language,
                            LPWSTR out, DWORD size, va_list *arguments)
{
    INSERTS inserts = Prepare(flags, arguments, FALSE);
    LPWSTR text = Format(flags, source, id, &inserts), block;
    DWORD length;

    (void)language;
    if (!text)
        return 0;
    length = wcslen(text);
    if (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) {
        block = LocalAlloc(LMEM_FIXED,
                           (length + 1 > size ? length + 1 : size) * sizeof *block);
        if (block)
            wcscpy(block, text);
        *(LPWSTR *)out = block;
        length = block ? length : 0;
    } else if (length >= size) {
        RtlSetLastWin32Error(ERROR_INSUFFICIENT_BUFFER);
        length = 0;
    } else {
        wcscpy(out, text);
    }
    BasepFree(text);
    return length;
}

DWORD WINAPI FormatMessageA(DWORD flags, LPCVOID source, DWORD id, DWORD language,
                            LPSTR out, DWORD size, va_list *arguments)
{
    INSERTS inserts = Prepare(flags, arguments, TRUE);
    LPWSTR from = flags & FORMAT_MESSAGE_FROM_STRING ? BasepToWide(source) : NULL, text;
    LPSTR block;
    DWORD length;

    (void)language;
    text = Format(flags, from, id, &inserts);
    BasepFree(from);
    if (!text)
        return 0;
    length = wcslen(text);
    if (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) {
        block = LocalAlloc(LMEM_FIXED, length + 1 > size ? length + 1 : size);
        if (block)
            BasepReturnAnsi(text, block, length + 1);
        *(LPSTR *)out = block;
        length = block ? length : 0;
    } else if (length >= size) {
        RtlSetLastWin32Error(ERROR_INSUFFICIENT_BUFFER);
        length = 0;
    } else {
        BasepReturnAnsi(text, out, size);
    }
    BasepFree(text);
    return length;
}
