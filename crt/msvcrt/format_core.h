/* format_core.h - the printf engine, once for each width of character.
 *
 * Included by format.c (CHAR char) and wformat.c (CHAR wchar_t).  A conversion is read
 * into a `struct spec`, its text is made in a buffer, and one function sets it out:
 * blanks, sign or prefix, zeros, text, blanks.  %c and %s mean CHAR's own width, %C and
 * %S the other one; h and l choose explicitly.  Sizes: h, l, ll, I, I32, I64, w; before an
 * integer's letter also z, j and t of later runtimes, which mingw's headers allow.  L says
 * nothing: a long double is a double.  An I, z or t that is none of these is no conversion and
 * written as it is.  Source: Microsoft C runtime reference, "Format specification syntax".
 * NTDLL_FORMATS (ntdll/crt compiles it, too): e, f, g, a are no conversions, and Z is one.
 */
struct spec {
    int left, plus, space, alternate, zero;
    int width, precision;
    int size; /* 0, 'h', 'l', 'L' = 64 bits */
    int conversion;
};

static void emit(struct crt_sink *sink, const CHAR *text, int length)
{
    if (length > 0) {
        sink->put(sink, text, length);
        sink->count += length;
    }
}

static void emit_repeat(struct crt_sink *sink, CHAR character, int times)
{
    CHAR run[32];
    for (int i = 0; i < 32; i++)
        run[i] = character;
    for (; times > 0; times -= 32)
        emit(sink, run, times < 32 ? times : 32);
}

/* Narrow text (digits, ASCII) in either width. */
static void emit_ascii(struct crt_sink *sink, const char *text, int length)
{
    CHAR piece[64];
    while (length > 0) {
        int part = length < 64 ? length : 64;
        for (int i = 0; i < part; i++)
            piece[i] = (CHAR)text[i];
        emit(sink, piece, part);
        text += part;
        length -= part;
    }
}

static void set_out(struct crt_sink *sink, const struct spec *spec, const char *prefix,
                    int zeros, const char *text, int length)
{
    int used = (int)strlen(prefix) + zeros + length;
    int pad = spec->width > used ? spec->width - used : 0;
    if (spec->zero && !spec->left) {
        zeros += pad;
        pad = 0;
    }
    if (!spec->left)
        emit_repeat(sink, ' ', pad);
    emit_ascii(sink, prefix, (int)strlen(prefix));
    emit_repeat(sink, '0', zeros);
    emit_ascii(sink, text, length);
    if (spec->left)
        emit_repeat(sink, ' ', pad);
}

static const char *sign_of(const struct spec *spec, int negative)
{
    return negative ? "-" : spec->plus ? "+" : spec->space ? " " : "";
}

static void put_integer(struct crt_sink *sink, struct spec *spec, uint64_t value,
                        int negative)
{
    char digits[32], *at = digits + sizeof(digits);
    int upper = spec->conversion == 'X' || spec->conversion == 'p';
    const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    unsigned int base =
        spec->conversion == 'o' ? 8
        : spec->conversion == 'd' || spec->conversion == 'i' || spec->conversion == 'u'
            ? 10
            : 16;
    const char *prefix = "";
    if (spec->conversion == 'd' || spec->conversion == 'i')
        prefix = sign_of(spec, negative);
    else if (spec->alternate && base == 16 && value != 0)
        prefix = upper ? "0X" : "0x";
    for (; value != 0; value /= base)
        *--at = set[value % base];
    int length = (int)(digits + sizeof(digits) - at);
    int least = spec->precision < 0 ? 1 : spec->precision;
    if (spec->precision >= 0)
        spec->zero = 0;
    int zeros = least > length ? least - length : 0;
    if (spec->alternate && base == 8 && zeros == 0)
        zeros = 1;
    set_out(sink, spec, prefix, zeros, at, length);
}

#ifndef NTDLL_FORMATS
static void put_float(struct crt_sink *sink, struct spec *spec, double value)
{
    char few[CRT_FLOAT_TEXT], *text = few, prefix[4];
    int negative, precision = spec->precision;
    size_t room = sizeof(few);
    if (precision > 80) {
        room += (size_t)precision;
        text = malloc(room);
        if (text == NULL) {
            sink->failed = 1;
            return;
        }
    }
    int length = crt_float(text, room, value, spec->conversion, precision,
                           spec->alternate, &negative);
    strcpy(prefix, sign_of(spec, negative));
    char *digits = text;
    if (digits[0] == '0' && (digits[1] | 0x20) == 'x') {
        strncat(prefix, digits, 2);
        digits += 2;
        length -= 2;
    }
    set_out(sink, spec, prefix, 0, digits, length);
    if (text != few)
        free(text);
}
#endif

static void put_narrow(struct crt_sink *sink, const struct spec *spec, const char *text,
                       int length)
{
    int pad = spec->width > length ? spec->width - length : 0;
    if (!spec->left)
        emit_repeat(sink, spec->zero ? '0' : ' ', pad);
    if (sizeof(CHAR) == 1) {
        emit(sink, (const CHAR *)text, length);
    } else {
        for (int i = 0; i < length; i++) {
            CHAR wide = (CHAR)(unsigned char)text[i];
            emit(sink, &wide, 1);
        }
    }
    if (spec->left)
        emit_repeat(sink, ' ', pad);
}

static void put_wide(struct crt_sink *sink, const struct spec *spec, const wchar_t *text,
                     int length)
{
    int pad = spec->width > length ? spec->width - length : 0;
    if (!spec->left)
        emit_repeat(sink, spec->zero ? '0' : ' ', pad);
    if (sizeof(CHAR) == 2) {
        emit(sink, (const CHAR *)text, length);
    } else {
        for (int i = 0; i < length; i++) {
            CHAR narrow = (CHAR)text[i];
            if (text[i] > 255) {
                /* No such character in the "C" locale: msvcrt gives up the whole call. */
                sink->failed = 1;
                *_errno() = EILSEQ;
                break;
            }
            emit(sink, &narrow, 1);
        }
    }
    if (spec->left)
        emit_repeat(sink, ' ', pad);
}

static int is_wide(const struct spec *spec)
{
    if (spec->size == 'h')
        return 0;
    if (spec->size != 0)
        return 1;
    int other = spec->conversion == 'S' || spec->conversion == 'C';
    return (sizeof(CHAR) == 2) != other;
}

static void put_string(struct crt_sink *sink, const struct spec *spec, const void *text)
{
    int length = 0;
    if (is_wide(spec)) {
        const wchar_t *wide = text != NULL ? text : L"(null)";
        while (length != spec->precision && wide[length])
            length++;
        put_wide(sink, spec, wide, length);
    } else {
        const char *narrow = text != NULL ? text : "(null)";
        while (length != spec->precision && narrow[length])
            length++;
        put_narrow(sink, spec, narrow, length);
    }
}

static int is_integer(CHAR letter)
{
    return letter == 'd' || letter == 'i' || letter == 'u' || letter == 'o' ||
           letter == 'x' || letter == 'X';
}

/* Reads flags, width, precision and size; `format` is after the %. */
static const CHAR *read_spec(const CHAR *format, struct spec *spec, va_list *args)
{
    memset(spec, 0, sizeof(*spec));
    for (;; format++) {
        if (*format == '-')
            spec->left = 1;
        else if (*format == '+')
            spec->plus = 1;
        else if (*format == ' ')
            spec->space = 1;
        else if (*format == '#')
            spec->alternate = 1;
        else if (*format == '0')
            spec->zero = 1;
        else
            break;
    }
    if (*format == '*') {
        spec->width = va_arg(*args, int);
        if (spec->width < 0) {
            spec->left = 1;
            spec->width = -spec->width;
        }
        format++;
    }
    for (; *format >= '0' && *format <= '9'; format++)
        spec->width = spec->width * 10 + (*format - '0');
    spec->precision = -1;
    if (*format == '.') {
        spec->precision = 0;
        format++;
        if (*format == '*') {
            spec->precision = va_arg(*args, int);
            format++;
        }
        for (; *format >= '0' && *format <= '9'; format++)
            spec->precision = spec->precision * 10 + (*format - '0');
    }
    for (;; format++) {
        if (*format == 'h' || *format == 'w') {
            spec->size = *format == 'h' ? 'h' : 'l';
        } else if (*format == 'l') {
            spec->size = spec->size == 'l' ? 'L' : 'l';
        } else if ((*format == 'z' || *format == 't' || *format == 'j' ||
                    *format == 'I') &&
                   is_integer(format[1])) {
            spec->size = *format == 'j' ? 'L' : 'l';
        } else if (*format == 'I' && format[1] == '6' && format[2] == '4') {
            spec->size = 'L';
            format += 2;
        } else if (*format == 'I' && format[1] == '3' && format[2] == '2') {
            spec->size = 'l';
            format += 2;
        } else if (*format != 'F' && *format != 'N' && *format != 'L') { /* far, near */
            return format;
        }
    }
}

static void put_number(struct crt_sink *sink, struct spec *spec, va_list *args)
{
    int is_signed = spec->conversion == 'd' || spec->conversion == 'i';
    uint64_t value;
    if (spec->size == 'L')
        value = va_arg(*args, uint64_t);
    else if (is_signed)
        value = (uint64_t)(int64_t)va_arg(*args, int);
    else
        value = va_arg(*args, unsigned int);
    if (spec->size == 'h')
        value = is_signed ? (uint64_t)(int64_t)(short)value : (unsigned short)value;
    int negative = is_signed && (int64_t)value < 0;
    put_integer(sink, spec, negative ? 0 - value : value, negative);
}

static void convert(struct crt_sink *sink, struct spec *spec, va_list *args)
{
    switch (spec->conversion) {
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
        put_number(sink, spec, args);
        break;
    case 'p':
        spec->precision = 8;
        put_integer(sink, spec, va_arg(*args, unsigned int), 0);
        break;
#ifndef NTDLL_FORMATS
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
    case 'a':
    case 'A':
        put_float(sink, spec, va_arg(*args, double));
        break;
#else
    case 'Z':
        put_counted(sink, spec, va_arg(*args, const UNICODE_STRING *));
        break;
#endif
    case 's':
    case 'S':
        put_string(sink, spec, va_arg(*args, const void *));
        break;
    case 'c':
    case 'C': {
        int character = va_arg(*args, int);
        char narrow = (char)character;
        wchar_t wide = (wchar_t)character;
        if (is_wide(
                spec)) /* one that the "C" locale lacks is nothing, unlike in a text */
            put_wide(sink, spec, &wide, sizeof(CHAR) == 2 || wide < 256);
        else
            put_narrow(sink, spec, &narrow, 1);
        break;
    }
    case 'n':
        if (spec->size == 'h')
            *va_arg(*args, short *) = (short)sink->count;
        else
            *va_arg(*args, int *) = sink->count;
        break;
    default: {
        /* No conversion: the character is written as it is. */
        CHAR itself = (CHAR)spec->conversion;
        emit(sink, &itself, 1);
        break;
    }
    }
}

void FORMAT(struct crt_sink *sink, const CHAR *format, va_list arguments)
{
    va_list args;
    va_copy(args, arguments);
    while (*format && !sink->failed) {
        const CHAR *text = format;
        while (*format && *format != '%')
            format++;
        emit(sink, text, (int)(format - text));
        if (!*format)
            break;
        struct spec spec;
        format = read_spec(format + 1, &spec, &args);
        if (!*format)
            break;
        spec.conversion = *format++;
        convert(sink, &spec, &args);
    }
    va_end(args);
}
