/* message.c - FormatMessage: a system text or the caller's, with inserts.
 *
 * %1 ... %99, each with an optional !printf format!, whose * take inserts of their own before
 * the one that is printed; %n a line end, %0 ends without one, %% and %. and %! and "% "
 * themselves.  A line of the text ends with CR LF, LF or CR.  With a width the text's line ends
 * are blanks, and a blank becomes a line end where the line would grow beyond the width.  All
 * work is done in UTF-16; the A form converts at both ends.  Message tables in modules: there
 * are none in ours (ERROR_RESOURCE_TYPE_NOT_FOUND).
 */
#include "message.h"
#include <stdarg.h>

typedef struct {
    LPWSTR Text; /* from the default heap, grows */
    DWORD Length, Room;
    DWORD Width;       /* characters a line; 0: any */
    DWORD Line, Blank; /* where the line begins; after its last blank, 0: none */
    BOOL Failed;       /* no memory */
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

static void PutLineEnd(OUTPUT *out)
{
    Put(out, '\r');
    Put(out, '\n');
    out->Line = out->Length;
    out->Blank = 0;
}

/* The last blank of the line becomes its end; the word after it begins the next. */
static void Break(OUTPUT *out)
{
    const DWORD word = out->Blank, length = out->Length - word;

    Put(out, 0); /* room for one more */
    if (out->Failed)
        return;
    memmove(out->Text + word + 1, out->Text + word, length * sizeof(WCHAR));
    out->Text[word - 1] = '\r';
    out->Text[word] = '\n';
    out->Line = word + 1;
    out->Blank = 0;
}

/* A character of the message: lines are broken at blanks. */
static void PutWrapped(OUTPUT *out, WCHAR c)
{
    Put(out, c);
    if (!out->Width)
        return;
    if (c == ' ')
        out->Blank = out->Length;
    else if (out->Blank && out->Length - out->Line > out->Width)
        Break(out);
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

/* A number, or for a * the insert whose turn it is. */
static int NumberOrInsert(LPCWSTR *at, INSERTS *inserts, DWORD *turn)
{
    if (**at != '*')
        return Number(at);
    (*at)++;
    return inserts->Ignore ? 0 : (int)Argument(inserts, (*turn)++);
}

/* turn: the number of the first insert; it comes back as that of the one to print. */
static FORMAT ParseFormat(LPCWSTR *at, INSERTS *inserts, DWORD *turn)
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
    format.Width = NumberOrInsert(at, inserts, turn);
    if (format.Width < 0) {
        format.Left = TRUE;
        format.Width = -format.Width;
    }
    if (**at == '.') {
        (*at)++;
        format.Precision = NumberOrInsert(at, inserts, turn);
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
        PutWrapped(out, fill);
    for (i = 0; i < length; i++)
        PutWrapped(out, text[i]);
    for (i = 0; i < pad && format->Left; i++)
        PutWrapped(out, ' ');
}

static void PutNumber(OUTPUT *out, const FORMAT *format, ULONG_PTR value)
{
    WCHAR digits[48], *at = digits + ARRAYSIZE(digits);
    FORMAT padded = *format;
    int least = format->Precision < 40 ? format->Precision : 40;
    BOOL hex = format->Letter == 'x' || format->Letter == 'X' || format->Letter == 'p';
    BOOL negative =
        (format->Letter == 'd' || format->Letter == 'i') && (LONG_PTR)value < 0;
    LPCWSTR set = format->Letter == 'x' ? L"0123456789abcdef" : L"0123456789ABCDEF";
    ULONG_PTR rest = negative ? 0 - value : value;

    do {
        *--at = set[rest % (hex ? 16 : 10)];
        rest /= hex ? 16 : 10;
    } while (rest);
    while (digits + ARRAYSIZE(digits) - at < least)
        *--at = '0';
    if (least >= 0)
        padded.Zero = FALSE;
    if (format->Alternate && hex && value) {
        *--at = format->Letter;
        *--at = '0';
    }
    if (negative)
        *--at = '-';
    PutPadded(out, &padded, at, (int)(digits + ARRAYSIZE(digits) - at));
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

/* Lines are left as they are (width 0), broken only at %n (FORMAT_MESSAGE_MAX_WIDTH_MASK), or
 * where they reach the width. */
static void Expand(OUTPUT *out, LPCWSTR at, INSERTS *inserts, DWORD width)
{
    while (*at) {
        WCHAR c = *at++;
        if (c == '\r' || c == '\n') {
            at += c == '\r' && *at == '\n';
            if (width)
                PutWrapped(out, ' ');
            else
                PutLineEnd(out);
        } else if (c != '%') {
            PutWrapped(out, c);
        } else if (*at >= '1' && *at <= '9') {
            LPCWSTR start = at;
            DWORD number = *at++ - '0';
            FORMAT format = {.Precision = -1, .Letter = 's'};
            if (*at >= '0' && *at <= '9')
                number = number * 10 + (*at++ - '0');
            if (*at == '!') {
                at++;
                format = ParseFormat(&at, inserts, &number);
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
            PutLineEnd(out);
            at++;
        } else if (*at == 'r' || *at == 't') {
            Put(out, *at++ == 'r' ? '\r' : '\t');
        } else if (*at) {
            PutWrapped(out, *at++);
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
    out.Width = flags & FORMAT_MESSAGE_MAX_WIDTH_MASK;
    if (out.Width == FORMAT_MESSAGE_MAX_WIDTH_MASK)
        out.Width = 0;
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

/* FORMAT_MESSAGE_ALLOCATE_BUFFER writes to out: NULL with ERROR_NOT_ENOUGH_MEMORY if it is null,
 * as on Windows. */
static LPWSTR WithPlace(LPWSTR text, DWORD flags, LPVOID out)
{
    if (!text || out || !(flags & FORMAT_MESSAGE_ALLOCATE_BUFFER))
        return text;
    BasepFree(text);
    RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
    return NULL;
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
    text = WithPlace(text, flags, out);
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
    text = WithPlace(Format(flags, from, id, &inserts), flags, out);
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
