/* math.c - math.h: what libmingwex lacks for a double, and how errors are reported.
 *
 * sin, cos, log, pow, floor and their like are libmingwex's, and its copysign and logb are
 * _copysign and _logb.  It takes asin, sinh, frexp, log10 from the DLL that is built here: they are
 * its asinl, sinhl, frexpl, log10l, hypotl and nexttoward, rounded.  An error (domain, range) sets
 * errno, and asks the program's handler of __setusermatherr.
 */
#include "crt.h"
#include <float.h>
#include <math.h>

/* The header renames it, for its own copy in the program. */
#undef __setusermatherr
typedef int(__cdecl *math_handler)(struct _exception *);
static math_handler user_handler;

void __cdecl __setusermatherr(math_handler handler)
{
    user_handler = handler;
}

/* libmingwex's voice: `kind` is _DOMAIN, _SING, _OVERFLOW, ... */
void __mingw_raise_matherr(int kind, const char *name, double a, double b, double result)
{
    struct _exception error = {kind, (char *)name, a, b, result};
    if (user_handler == NULL || !user_handler(&error))
        *_errno() = kind == _DOMAIN ? EDOM : ERANGE;
}

static double domain_error(const char *name, double x)
{
    double nothing = __builtin_nan("");
    __mingw_raise_matherr(_DOMAIN, name, x, 0, nothing);
    return nothing;
}

/* What atan, exp and tanh say of a NaN, unlike asin, acos and the rest: EDOM, and the NaN. */
static double of_nan(const char *name, double x)
{
    __mingw_raise_matherr(_DOMAIN, name, x, 0, x);
    return x;
}

/* A function that is its value. */
#define VALUE(type, name, parameters, value)                                             \
    type __cdecl(name) parameters                                                        \
    {                                                                                    \
        return value;                                                                    \
    }

double __cdecl atan(double x)
{
    if (__builtin_isnan(x))
        return of_nan("atan", x);
    return (double)atanl(x);
}

double __cdecl asin(double x)
{
    if (__builtin_isnan(x))
        return x;
    if (x < -1 || x > 1)
        return domain_error("asin", x);
    return (double)asinl(x);
}

double __cdecl acos(double x)
{
    if (__builtin_isnan(x))
        return x;
    if (x < -1 || x > 1)
        return domain_error("acos", x);
    return (double)acosl(x);
}

double __cdecl tan(double x)
{
    if (__builtin_isinf(x))
        return domain_error("tan", x);
    return (double)((long double)sin(x) / (long double)cos(x));
}

VALUE(double, sinh, (double x), (double)sinhl(x))
VALUE(double, cosh, (double x), (double)coshl(x))
/* expl is libmingwex's; a double's range ends earlier. */
double __cdecl exp(double x)
{
    if (__builtin_isnan(x))
        return of_nan("exp", x);
    if (__builtin_isinf(x))
        return x > 0 ? x : 0;
    const double result = (double)expl(x);
    if (__builtin_isinf(result) || result == 0)
        __mingw_raise_matherr(result == 0 ? _UNDERFLOW : _OVERFLOW, "exp", x, 0, result);
    return result;
}

double __cdecl tanh(double x)
{
    if (__builtin_isnan(x))
        return of_nan("tanh", x);
    return (double)tanhl(x);
}

double __cdecl log10(double x)
{
    if (x < 0)
        return domain_error("log10", x);
    if (x == 0) {
        __mingw_raise_matherr(_SING, "log10", x, 0, -__builtin_huge_val());
        return -__builtin_huge_val();
    }
    return (double)log10l(x);
}

double __cdecl frexp(double x, int *exponent)
{
    *exponent = 0;
    return __builtin_isfinite(x) ? (double)frexpl(x, exponent) : x;
}

VALUE(double, _hypot, (double x, double y), (double)hypotl(x, y))
VALUE(double, _chgsign, (double x), -x)
VALUE(int, _finite, (double x), __builtin_isfinite(x))
VALUE(int, _isnan, (double x), __builtin_isnan(x))
int __cdecl _fpclass(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof(bits));
    int negative = (int)(bits >> 63), power = (int)(bits >> 52 & 0x7FF);
    uint64_t fraction = bits & 0xFFFFFFFFFFFFFu;
    if (power == 0x7FF)
        return fraction == 0         ? negative ? _FPCLASS_NINF : _FPCLASS_PINF
               : fraction >> 51 != 0 ? _FPCLASS_QNAN
                                     : _FPCLASS_SNAN;
    if (power == 0 && fraction == 0)
        return negative ? _FPCLASS_NZ : _FPCLASS_PZ;
    if (power == 0)
        return negative ? _FPCLASS_ND : _FPCLASS_PD;
    return negative ? _FPCLASS_NN : _FPCLASS_PN;
}

VALUE(double, _scalb, (double x, long power), ldexp(x, power))
VALUE(double, _nextafter, (double x, double y), nexttoward(x, y))
VALUE(double, _cabs, (struct _complex z), _hypot(z.x, z.y))
/* The control word, abstract bits as in float.h; only exceptions, rounding and precision
 * are translated.  Source: _controlfp. */
static const struct {
    unsigned short machine;
    unsigned int abstract;
} control_bits[] = {
    {0x01, _EM_INVALID},  {0x02, _EM_DENORMAL},  {0x04, _EM_ZERODIVIDE},
    {0x08, _EM_OVERFLOW}, {0x10, _EM_UNDERFLOW}, {0x20, _EM_INEXACT},
};

static unsigned int to_abstract(unsigned short word)
{
    static const unsigned int rounding[] = {_RC_NEAR, _RC_DOWN, _RC_UP, _RC_CHOP};
    static const unsigned int precision[] = {_PC_24, _PC_53, _PC_53, _PC_64};
    unsigned int result = rounding[word >> 10 & 3] | precision[word >> 8 & 3];
    for (int i = 0; i < 6; i++)
        if (word & control_bits[i].machine)
            result |= control_bits[i].abstract;
    return result;
}

static unsigned short to_machine(unsigned int value)
{
    unsigned int round = value & _MCW_RC, precise = value & _MCW_PC;
    unsigned short word = round == _RC_DOWN ? 0x400
                          : round == _RC_UP ? 0x800
                          : round           ? 0xC00
                                            : 0;
    word |= precise == _PC_64 ? 0x300 : precise == _PC_53 ? 0x200 : 0;
    for (int i = 0; i < 6; i++)
        if (value & control_bits[i].abstract)
            word |= control_bits[i].machine;
    return word;
}

unsigned int __cdecl _control87(unsigned int value, unsigned int mask)
{
    unsigned short word;
    __asm__ volatile("fnstcw %0" : "=m"(word));
    unsigned int now = (to_abstract(word) & ~mask) | (value & mask);
    if (mask != 0) {
        word = (unsigned short)((word & 0xF0C0) | to_machine(now));
        __asm__ volatile("fldcw %0" : : "m"(word));
    }
    return now;
}

unsigned int __cdecl _controlfp(unsigned int value, unsigned int mask)
{
    return _control87(value, mask & ~(unsigned int)_EM_DENORMAL);
}

errno_t __cdecl _controlfp_s(unsigned int *now, unsigned int value, unsigned int mask)
{
    unsigned int result = _controlfp(value, mask);
    if (now != NULL)
        *now = result;
    return 0;
}

unsigned int __cdecl _statusfp(void)
{
    unsigned short word;
    __asm__ volatile("fnstsw %0" : "=m"(word));
    return to_abstract(word & 0x3F) & _MCW_EM;
}

unsigned int __cdecl _clearfp(void)
{
    unsigned int status = _statusfp();
    __asm__ volatile("fnclex");
    return status;
}

void __cdecl _fpreset(void)
{
    unsigned short word = 0x27F;
    __asm__ volatile("fninit\n\tfldcw %0" : : "m"(word));
}

double crt_huge = __builtin_huge_val();
