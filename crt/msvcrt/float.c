/* float.c - the digits of a double for %e %f %g %a, in msvcrt's dress.
 *
 * The digits come from libmingwex's __dtoa (David Gay's), correctly rounded to 17; this file
 * only rounds them further and sets them out: exponents of at least three digits, 1.#INF and
 * its kin for what is no number.  Lock: that of __dtoa.
 */
#include "crt.h"

extern char *__dtoa(double value, int mode, int digits, int *point, int *negative,
                    char **end);
extern void __freedtoa(char *digits);

/* msvcrt of Windows 7 knows a double by its 17 significant digits: what is printed is
 * rounded from those, and zeros follow them.  (Source: Visual C++ 2015, "What's new":
 * since then printf prints all digits.) */
#define ALL_DIGITS 17

struct writer {
    char *at, *end;
};

static void put(struct writer *out, int character)
{
    if (out->at < out->end)
        *out->at++ = (char)character;
}

static void put_exponent(struct writer *out, int letter, int exponent)
{
    put(out, letter);
    put(out, exponent < 0 ? '-' : '+');
    unsigned int size = (unsigned int)(exponent < 0 ? -exponent : exponent);
    put(out, '0' + size / 100);
    put(out, '0' + size / 10 % 10);
    put(out, '0' + size % 10);
}

static void put_fixed(struct writer *out, const char *digits, int point, int precision,
                      int alternate)
{
    int i = 0;
    if (point <= 0)
        put(out, '0');
    for (; i < point; i++)
        put(out, *digits ? *digits++ : '0');
    if (precision > 0 || alternate)
        put(out, '.');
    for (i = 0; i < precision; i++)
        put(out, point + i < 0 || !*digits ? '0' : *digits++);
}

static void put_scientific(struct writer *out, const char *digits, int point,
                           int precision, int letter, int alternate)
{
    int zero = *digits == '0';
    put(out, *digits++);
    if (precision > 0 || alternate)
        put(out, '.');
    for (int i = 0; i < precision; i++)
        put(out, *digits ? *digits++ : '0');
    put_exponent(out, letter, zero ? 0 : point - 1);
}

/* 1.#INF, 1.#QNAN, 1.#IND.  msvcrt takes the text for digits: it is cut and "rounded" to
 * the precision (1.#INF with three places is 1.#IO), and so here. */
static void put_special(struct writer *out, double value, int precision, int conversion,
                        int alternate)
{
    char digits[8] = "1#INF";
    int kind = conversion | 0x20;
    if (kind == 'a') {
        put(out, '0');
        put(out, conversion + 'x' - 'a');
    }
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    if (bits << 12 != 0)
        strcpy(digits + 1, bits == 0xFFF8000000000000u ? "#IND"
                           : bits >> 51 & 1            ? "#QNAN"
                                                       : "#SNAN");
    int count = kind == 'g' ? precision : precision + 1, length = (int)strlen(digits);
    if (count < length) {
        if (count > 0 && digits[count] >= '5')
            digits[count - 1]++;
        digits[count] = 0;
        length = count;
    }
    put(out, digits[0]);
    if (digits[1] || alternate)
        put(out, '.');
    for (int i = 1; i < length; i++)
        put(out, digits[i]);
    for (int i = length; i < count && (kind != 'g' || alternate); i++)
        put(out, '0');
    if (kind == 'e')
        put_exponent(out, conversion, 0);
    for (const char *end = "p+0"; kind == 'a' && *end; end++)
        put(out, *end == 'p' ? conversion + 'p' - 'a' : *end);
}

/* 0x1.8p+1, trailing zeros kept to the precision (13 digits when none is given). */
static void put_hex(struct writer *out, double value, int precision, int upper,
                    int alternate)
{
    static const char lower_digits[] = "0123456789abcdef",
                      upper_digits[] = "0123456789ABCDEF";
    const char *set = upper ? upper_digits : lower_digits;
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    int exponent = (int)(bits >> 52 & 0x7FF);
    uint64_t fraction = bits & 0xFFFFFFFFFFFFFu;
    unsigned int lead = exponent != 0;
    int power = exponent != 0 ? exponent - 1023 : fraction != 0 ? -1022 : 0;
    if (precision < 0)
        precision = 13;
    if (precision < 13) {
        int drop = 4 * (13 - precision);
        uint64_t whole = (uint64_t)lead << 52 | fraction,
                 half = (uint64_t)1 << (drop - 1);
        whole += half;
        lead = (unsigned int)(whole >> 52);
        fraction = (whole & 0xFFFFFFFFFFFFFu) >> drop << drop;
    }
    put(out, '0');
    put(out, upper ? 'X' : 'x');
    put(out, '0' + lead);
    if (precision > 0 || alternate)
        put(out, '.');
    for (int i = 0; i < precision; i++)
        put(out, i < 13 ? set[fraction >> (48 - 4 * i) & 15] : '0');
    put(out, upper ? 'P' : 'p');
    put(out, power < 0 ? '-' : '+');
    char text[8];
    _itoa(power < 0 ? -power : power, text, 10);
    for (char *at = text; *at; at++)
        put(out, *at);
}

/* Cuts the digits to `count`, the last one rounded; a tie goes up, away from zero, as
 * msvcrt's does (__dtoa itself would go to even).  What rounds to nothing has no digits
 * left. */
static void round_half_up(char *digits, int count, int *point)
{
    int length = (int)strlen(digits);
    if (*digits == '0' || count >= length)
        return;
    if (count < 0) {
        *digits = 0;
        return;
    }
    int up = digits[count] >= '5';
    while (up && count > 0 && digits[count - 1] == '9')
        count--;
    if (up && count == 0) {
        digits[count++] = '1';
        ++*point;
    } else if (up) {
        digits[count - 1]++;
    }
    digits[count] = 0;
    while (count > 0 && digits[count - 1] == '0')
        digits[--count] = 0;
}

int crt_float(char *text, size_t room, double value, int conversion, int precision,
              int alternate, int *negative)
{
    struct writer out = {text, text + room - 1};
    int kind = conversion | 0x20, point, digits;
    char *end;
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    *negative = (int)(bits >> 63);
    if ((bits >> 52 & 0x7FF) == 0x7FF) {
        put_special(&out, value,
                    precision < 0                   ? (kind == 'a' ? 13 : 6)
                    : precision == 0 && kind == 'g' ? 1
                                                    : precision,
                    conversion, alternate);
        goto done;
    }
    if (kind == 'a') {
        put_hex(&out, value, precision, conversion == 'A', alternate);
        goto done;
    }
    if (precision < 0)
        precision = 6;
    if (kind == 'g' && precision == 0)
        precision = 1;
    char *number = __dtoa(value, 2, ALL_DIGITS, &point, negative, &end);
    if (number == NULL)
        goto done;
    /* Digits that are wanted: after the point for f, in all for e and g. */
    digits = kind == 'f' ? precision + point : kind == 'e' ? precision + 1 : precision;
    round_half_up(number, digits, &point);
    if (kind == 'f') {
        put_fixed(&out, number, *number ? point : 0, precision, alternate);
    } else if (kind == 'e') {
        put_scientific(&out, number, point, precision, conversion, alternate);
    } else {
        int have = (int)strlen(number), exponent = *number == '0' ? 0 : point - 1;
        if (exponent < -4 || exponent >= precision)
            put_scientific(&out, number, point, (alternate ? precision : have) - 1,
                           conversion - 'g' + 'e', alternate);
        else
            put_fixed(&out, number, point,
                      alternate      ? precision - 1 - exponent
                      : have > point ? have - point
                                     : 0,
                      alternate);
    }
    __freedtoa(number);
done:
    *out.at = 0;
    return (int)(out.at - text);
}
