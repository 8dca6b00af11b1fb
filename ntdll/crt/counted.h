/* counted.h - the printf engine with %Z: a STRING, or with w or l a UNICODE_STRING.
 *
 * Documented: "Format specification syntax", type Z.  Included by print.c and wprint.c.
 */
struct spec;
static void put_counted(struct crt_sink *sink, const struct spec *spec,
                        const UNICODE_STRING *text);
#include "crt/msvcrt/format_core.h"

static void put_counted(struct crt_sink *sink, const struct spec *spec,
                        const UNICODE_STRING *text)
{
    if (text == NULL || text->Buffer == NULL)
        put_narrow(sink, spec, "(null)", 6);
    else if (spec->size == 'l')
        put_wide(sink, spec, text->Buffer, text->Length / 2);
    else
        put_narrow(sink, spec, (const char *)text->Buffer, text->Length);
}
