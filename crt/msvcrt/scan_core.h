/* scan_core.h - the scanf engine and its family, once for each width of character.
 *
 * Included by scan.c (CHAR char) and wscan.c (CHAR wchar_t), which also define how a stream
 * gives a character and takes it back (GET, UNGET), and our names (FAMILY).  The engine asks a
 * source for one character at a time and gives at most one back.  A number's text is gathered
 * under the rules of its conversion and then read by strtol, strtod and their kin.  Sizes as in
 * printf: h, l, ll, L, I64; %s and %c mean CHAR's own width unless h or l (or the capital
 * letter) says otherwise.  Source: CRT reference, "scanf type field characters".
 * NTDLL_FORMATS (ntdll/crt compiles it, too): e, f, g, a are no conversions; no GET: no streams.
 */
#define NUMBER_TEXT 352

struct field {
    int width; /* 0: none was given */
    int size;  /* 0, 'h', 'l', 'L' = 64 bits */
    int skip;
    int conversion;
    int secure;
};

static int get(struct crt_source *source)
{
    source->read++;
    return source->get(source);
}

static void unget(struct crt_source *source, int character)
{
    source->read--;
    if (character != EOF)
        source->unget(source, character);
}

static int is_blank(int c)
{
    return c == ' ' || (c >= 9 && c <= 13);
}

static int skip_blanks(struct crt_source *source)
{
    int c;
    do
        c = get(source);
    while (is_blank(c));
    unget(source, c);
    return c;
}

static int digit_value(int c)
{
    return c >= '0' && c <= '9'                 ? c - '0'
           : (c | 32) >= 'a' && (c | 32) <= 'z' ? (c | 32) - 'a' + 10
                                                : 99;
}

/* %p takes digits alone: "0x" ends it after the 0. */
static int is_pointer(const struct field *field)
{
    return (field->conversion | 32) == 'p';
}

/* Gathers an integer's text; its length, 0 if there is none. */
static int gather_integer(struct crt_source *source, struct field *field, char *text,
                          int *base)
{
    int used = 0, digits = 0, left = field->width != 0 ? field->width : NUMBER_TEXT - 1;
    int c = get(source);
    if (left > NUMBER_TEXT - 1)
        left = NUMBER_TEXT - 1;
    if ((c == '-' || c == '+') && left > 0) {
        text[used++] = (char)c;
        left--;
        c = get(source);
    }
    if (c == '0' && left > 0 && (*base == 0 || *base == 16) && !is_pointer(field)) {
        text[used++] = '0';
        digits = 1;
        left--;
        c = get(source);
        if ((c | 32) == 'x' && left > 0) {
            *base = 16;
            digits = 0; /* "0x" alone is no number */
            left--;
            c = get(source);
        } else if (*base == 0) {
            *base = 8;
        }
    }
    if (*base == 0)
        *base = 10;
    for (; left > 0 && digit_value(c) < *base; left--) {
        text[used++] = (char)c;
        digits++;
        c = get(source);
    }
    unget(source, c);
    text[used] = 0;
    return digits != 0 ? used : 0;
}

static void store_integer(const struct field *field, uint64_t value, va_list *args)
{
    if (field->skip)
        return;
    void *to = va_arg(*args, void *);
    if (field->size == 'L')
        *(uint64_t *)to = value;
    else if (field->size == 'h')
        *(uint16_t *)to = (uint16_t)value;
    else
        *(uint32_t *)to = (uint32_t)value;
}

static int scan_integer(struct crt_source *source, struct field *field, va_list *args)
{
    char text[NUMBER_TEXT];
    int base = field->conversion == 'i'                               ? 0
               : field->conversion == 'o'                             ? 8
               : field->conversion == 'd' || field->conversion == 'u' ? 10
                                                                      : 16;
    if (gather_integer(source, field, text, &base) == 0)
        return 0;
    uint64_t value;
    if (field->size == 'L' || is_pointer(field))
        value = text[0] == '-' ? (uint64_t)_strtoi64(text, NULL, base)
                               : _strtoui64(text, NULL, base);
    else if (field->conversion == 'd' || field->conversion == 'i')
        value = (uint64_t)(int64_t)(int32_t)_strtoi64(text, NULL, base);
    else
        value = _strtoui64(text, NULL, base);
    store_integer(field, value, args);
    return 1;
}

#ifndef NTDLL_FORMATS
static int gather_float(struct crt_source *source, struct field *field, char *text)
{
    int used = 0, digits = 0, point = 0,
        left = field->width != 0 ? field->width : NUMBER_TEXT - 1;
    int c = get(source);
    if (left > NUMBER_TEXT - 1)
        left = NUMBER_TEXT - 1;
    if ((c == '-' || c == '+') && left > 0) {
        text[used++] = (char)c;
        left--;
        c = get(source);
    }
    for (; left > 0 && ((c >= '0' && c <= '9') || (c == '.' && !point)); left--) {
        point |= c == '.';
        digits += c != '.';
        text[used++] = (char)c;
        c = get(source);
    }
    if (digits != 0 && left > 0 && (c | 32) == 'e') {
        text[used++] = 'e';
        left--;
        c = get(source);
        if ((c == '-' || c == '+') && left > 0) {
            text[used++] = (char)c;
            left--;
            c = get(source);
        }
        for (; left > 0 && c >= '0' && c <= '9'; left--) {
            text[used++] = (char)c;
            c = get(source);
        }
    }
    unget(source, c);
    text[used] = 0;
    return digits != 0 ? used : 0;
}

extern double __cdecl crt_strtod(const char *text, char **end);

static int scan_float(struct crt_source *source, struct field *field, va_list *args)
{
    char text[NUMBER_TEXT];
    if (gather_float(source, field, text) == 0)
        return 0;
    double value = crt_strtod(text, NULL);
    if (field->skip)
        return 1;
    void *to = va_arg(*args, void *);
    if (field->size == 'l' || field->size == 'L')
        *(double *)to = value;
    else
        *(float *)to = (float)value;
    return 1;
}
#endif

/* The set of %[...]: whether `c` is in it.  `set` is after the [, `end` at the ]. */
static int in_set(const CHAR *set, const CHAR *end, int c)
{
    int invert = *set == '^', found = 0;
    if (invert)
        set++;
    for (const CHAR *at = set; at < end; at++) {
        if (at + 2 < end && at[1] == '-') {
            found |= (c >= (UNIT)at[0] && c <= (UNIT)at[2]) ||
                     (c >= (UNIT)at[2] && c <= (UNIT)at[0]);
            at += 2;
        } else {
            found |= c == (UNIT)*at;
        }
    }
    return found != invert;
}

/* %s, %c and %[: characters one by one into the caller's text; -1 for the end of the
 * input. */
static int scan_text(struct crt_source *source, struct field *field, const CHAR *set,
                     const CHAR *set_end, va_list *args)
{
    int kind = field->conversion | 32;
    int other = field->conversion == 'S' || field->conversion == 'C';
    int wide = field->size == 'h' ? 0
               : field->size != 0 ? 1
                                  : (sizeof(CHAR) == 2) != other;
    int one = kind == 'c',
        left = field->width != 0 ? field->width
               : one             ? 1
                                 : INT_MAX,
        used = 0;
    void *to = field->skip ? NULL : va_arg(*args, void *);
    size_t room = field->secure && !field->skip ? va_arg(*args, size_t) : (size_t)-1;
    int c = 0;
    for (; left > 0; left--, used++) {
        c = get(source);
        if (c == EOF || (kind == 's' && is_blank(c)) ||
            (field->conversion == '[' && !in_set(set, set_end, c))) {
            unget(source, c);
            break;
        }
        if (to != NULL && (size_t)used + !one >= room) {
            *(char *)to = 0;
            *_errno() = ENOMEM;
            return 0;
        }
        if (to != NULL && wide)
            ((wchar_t *)to)[used] = (wchar_t)c;
        else if (to != NULL)
            ((char *)to)[used] = (char)c;
    }
    if (used == 0)
        return c == EOF ? -1 : 0;
    if (to != NULL && !one && wide)
        ((wchar_t *)to)[used] = 0;
    else if (to != NULL && !one)
        ((char *)to)[used] = 0;
    return 1;
}

static const CHAR *read_field(const CHAR *format, struct field *field)
{
    field->width = field->size = field->skip = 0;
    for (;; format++) {
        if (*format == '*')
            field->skip = 1;
        else if (*format >= '0' && *format <= '9')
            field->width = field->width * 10 + (*format - '0');
        else if (*format == 'h')
            field->size =
                field->size == 'h' ? 0 : 'h'; /* hh, unknown here, takes it back */
        else if (*format == 'l')
            field->size = field->size == 'l' ? 'L' : 'l';
        else if (*format == 'L' || *format == 'w' || *format == 'z' || *format == 't')
            field->size = 'l';
        else if (*format == 'j')
            field->size = 'L';
        else if (*format == 'I' && format[1] == '6' && format[2] == '4') {
            field->size = 'L';
            format += 2;
        } else if (*format == 'I' && format[1] == '3' && format[2] == '2') {
            format += 2;
        } else {
            return format;
        }
    }
}

/* The ] that ends a set, or the end of the format.  A ] right at the start is a member. */
static const CHAR *end_of_set(const CHAR *at)
{
    if (*at == '^')
        at++;
    if (*at == ']')
        at++;
    while (*at && *at != ']')
        at++;
    return at;
}

/* A character of the format that must come as it is: 1, 0 (another one), EOF. */
static int scan_literal(struct crt_source *source, UNIT wanted)
{
    int c = get(source);
    if (c == wanted)
        return 1;
    unget(source, c);
    return c == EOF ? EOF : 0;
}

static int takes_blanks(int kind)
{
    return kind == 'c' || kind == 'C' || kind == '[';
}

/* One conversion: 1, 0 (what came does not match, or there is no such conversion), EOF. */
static int scan_field(struct crt_source *source, struct field *field, const CHAR *set,
                      const CHAR *set_end, va_list *args)
{
    int kind = field->conversion;
    if (!takes_blanks(kind) && skip_blanks(source) == EOF)
        return EOF;
    switch (kind) {
    case 's':
    case 'S':
    case 'c':
    case 'C':
    case '[':
        return scan_text(source, field, set, set_end, args);
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
    case 'p':
    case 'P':
        return scan_integer(source, field, args);
    }
#ifndef NTDLL_FORMATS
    if ((kind | 32) == 'a' || ((kind | 32) >= 'e' && (kind | 32) <= 'g'))
        return scan_float(source, field, args);
#endif
    return 0;
}

/* The conversions assigned; EOF if the input ended before the first. */
int SCAN(struct crt_source *source, const CHAR *format, va_list arguments)
{
    struct field field = {.secure = source->room != 0};
    int assigned = 0, first = 1, done = 1;
    va_list args;
    va_copy(args, arguments);
    while (done > 0 && *format) {
        if (is_blank((UNIT)*format)) {
            skip_blanks(source);
            format++;
        } else if (*format != '%' || format[1] == '%') {
            format += *format == '%';
            if (*format == '%')
                skip_blanks(source);
            done = scan_literal(source, (UNIT)*format++);
        } else {
            format = read_field(format + 1, &field);
            field.conversion = *format++;
            const CHAR *set = format, *set_end = format;
            if (field.conversion == '[') {
                set_end = end_of_set(set);
                format = *set_end ? set_end + 1 : set_end;
            }
            if (field.conversion == 'n') {
                store_integer(&field, (uint64_t)source->read, &args);
                continue;
            }
            done = scan_field(source, &field, set, set_end, &args);
            if (done > 0) {
                first = 0;
                assigned += !field.skip;
            }
        }
    }
    va_end(args);
    return done < 0 && first ? EOF : assigned;
}

/* At the end nothing is taken, so nothing is given back. */
static int text_get(struct crt_source *source)
{
    const UNIT *at = source->from;
    if (!*at)
        return EOF;
    source->from = (void *)(at + 1);
    return *at;
}

static void text_unget(struct crt_source *source, int character)
{
    (void)character;
    source->from = (UNIT *)source->from - 1;
}

static int scan_memory(const CHAR *text, int secure, const CHAR *format, va_list args)
{
    struct crt_source source = {text_get, text_unget, (void *)text, 0, (size_t)secure};
    return SCAN(&source, format, args);
}

#define SCANNER(NAME, FIRST, FUNCTION, FROM, SECURE)                                     \
    int __cdecl NAME(FIRST const CHAR *format, ...)                                      \
    {                                                                                    \
        va_list args;                                                                    \
        va_start(args, format);                                                          \
        int count = FUNCTION(FROM, SECURE, format, args);                                \
        va_end(args);                                                                    \
        return count;                                                                    \
    }
#define TEXT_ARGUMENT const CHAR *text,
SCANNER(FAMILY(sscanf), TEXT_ARGUMENT, scan_memory, text, 0)
SCANNER(FAMILY(sscanf_s), TEXT_ARGUMENT, scan_memory, text, 1)

#ifdef GET
static int stream_get(struct crt_source *source)
{
    return GET(source->from);
}

static void stream_unget(struct crt_source *source, int character)
{
    UNGET(character, source->from);
}

static int scan_stream(FILE *stream, int secure, const CHAR *format, va_list args)
{
    struct crt_source source = {stream_get, stream_unget, stream, 0, (size_t)secure};
    crt_stream_lock(stream);
    int count = SCAN(&source, format, args);
    crt_stream_unlock(stream);
    return count;
}

#define STREAM FILE *stream,
SCANNER(FAMILY(scanf), , scan_stream, stdin, 0)
SCANNER(FAMILY(scanf_s), , scan_stream, stdin, 1)
SCANNER(FAMILY(fscanf), STREAM, scan_stream, stream, 0)
SCANNER(FAMILY(fscanf_s), STREAM, scan_stream, stream, 1)
#endif
