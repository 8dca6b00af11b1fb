/* boot.c - the words of the boot command line: "name=value", or a bare "name".
 *
 *   KeBootWords   NUL-ended words one after the other, then an empty one
 *
 * The line is copied once, before memory is managed; the words stay as long as the system
 * runs.  Lock: none, nothing writes them later.
 */
#include "bootinfo.h"
#include "ke/ki.h"

char KeBootWords[BOOT_LINE_MOST + 2];

void KeReadBootOptions(const char *text)
{
    ULONG to = 0;
    for (ULONG at = 0; at < BOOT_LINE_MOST && text[at] != 0; at++) {
        const BOOLEAN blank = (UCHAR)text[at] <= ' ';
        if (!blank)
            KeBootWords[to++] = text[at];
        else if (to != 0 && KeBootWords[to - 1] != 0)
            KeBootWords[to++] = 0;
    }
}

const char *KeBootOption(const char *name)
{
    const SIZE_T length = strlen(name);
    for (const char *word = KeBootWords; *word != 0; word += strlen(word) + 1) {
        if (memcmp(word, name, length) == 0 && (word[length] == 0 || word[length] == '='))
            return word + length + (word[length] == '=');
    }
    return NULL;
}

ULONG KeBootNumber(const char *name, ULONG otherwise)
{
    const char *p = KeBootOption(name);
    ULONG value = 0, base = 10;
    if (p == NULL || *p == 0)
        return otherwise;
    if (p[0] == '0' && (p[1] | 32) == 'x') {
        base = 16;
        p += 2;
    }
    for (; *p != 0; p++) {
        const ULONG digit = *p <= '9' ? *p - '0' : (*p | 32) - 'a' + 10;
        if (digit >= base)
            break;
        value = value * base + digit;
    }
    return value;
}
