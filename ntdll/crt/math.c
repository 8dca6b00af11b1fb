/* math.c - ntdll's pow.
 *
 * x to the y is 2 to the y log2 x, with the processor's 64 bits for the product: of a large result
 * the last bit may be wrong.  It is rounded to a double, which a program may compare with HUGE_VAL.
 * No errno, no matherr.  Documented: the C runtime's page of pow; infinities and NaN as in annex F
 * of C99.
 */
#include "ntdllp.h"

double __cdecl RtlpPower(double x, double y); /* intrinsic.asm; 0 < x < infinity */
double __cdecl c_floor(double x);

#define INFINITY __builtin_inf()
#define FABS(x)  __builtin_fabs(x)
#define LIMIT(x) (FABS(x) == INFINITY)
#define WHOLE(y) (c_floor(y) == (y))
#define ODD(y)   (WHOLE(y) && !WHOLE((y) / 2))

/* x is 0 or infinite, or y is infinite. */
static double Edge(double x, double y)
{
    if (!LIMIT(y))
        return (x == 0) == (y < 0) ? INFINITY : 0;
    if (x == 1)
        return 1;
    return (x > 1) == (y > 0) ? INFINITY : 0;
}

double __cdecl c_pow(double x, double y)
{
    const double magnitude = FABS(x);
    if (y == 0 || x == 1)
        return 1;
    if (x != x || y != y)
        return x + y;
    if (x < 0 && !LIMIT(x) && !LIMIT(y) && !WHOLE(y))
        return __builtin_nan("");
    const volatile double result =
        x == 0 || LIMIT(x) || LIMIT(y) ? Edge(magnitude, y) : RtlpPower(magnitude, y);
    return __builtin_signbit(x) && !LIMIT(y) && ODD(y) ? -result : result;
}
