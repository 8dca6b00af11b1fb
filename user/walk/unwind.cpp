/* unwind.cpp - frames of the compiler's own code: by its tables, and by its jumps.
 *
 * The kernel follows EBP.  A function of libstdc++ keeps none: the kernel looks for its
 * return address in the stack, and says that the caller is guessed.  Every program of the
 * stock compiler carries .eh_frame, which says at each instruction how far above ESP the
 * return address lies.  Where the two agree, nothing is guessed any more.
 *
 *     the callee's frame   | its EBP | return into the function |
 *                                                               ^ ESP, back in it
 *     the function's       |  ... what it pushed ...  | return into its caller |
 *                                                                              ^ CFA
 *
 * A function that ends with a jump to another leaves no frame at all.  It is found in the
 * code: the captured caller calls it, and its first instruction jumps to the captured one.
 *
 * Sources: DWARF 4, section 6.4; Linux Standard Base, .eh_frame; Intel SDM volume 2.
 */
#include "walk.h"

/* libgcc's own search, as its unwinder makes it. */
struct Bases {
    void *text, *data, *function;
};
extern "C" const unsigned char *_Unwind_Find_FDE(void *, Bases *);

static ULONG number(const unsigned char *&at)
{
    ULONG value = 0, shift = 0;
    unsigned char byte;
    do {
        byte = *at++;
        value |= (ULONG)(byte & 0x7F) << shift;
        shift += 7;
    } while (byte & 0x80);
    return value;
}

static ULONG fixed(const unsigned char *&at, unsigned bytes)
{
    ULONG value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (ULONG)*at++ << 8 * i;
    return value;
}

static const unsigned esp = 4;
struct Rule {
    ULONG base, offset; /* CFA = register + offset */
};

/* Obey the instructions up to pc; false: one that is not known here. */
static bool obey(const unsigned char *at, const unsigned char *end, ULONG place, ULONG pc,
                 Rule &rule)
{
    while (at < end && place <= pc) {
        const unsigned char code = *at++;
        if (code >> 6 == 1) /* advance */
            place += code & 0x3F;
        else if (code >> 6 == 2) /* a register is saved */
            number(at);
        else if (code >> 6 == 3 || code == 0x00) /* restored; nop */
            continue;
        else if (code >= 0x02 && code <= 0x04) /* advance, by 1, 2, 4 bytes */
            place += fixed(at, 1u << (code - 2));
        else if (code == 0x0C) { /* def_cfa */
            rule.base = number(at);
            rule.offset = number(at);
        } else if (code == 0x0D) /* def_cfa_register */
            rule.base = number(at);
        else if (code == 0x0E) /* def_cfa_offset */
            rule.offset = number(at);
        else if (code == 0x2E) /* bytes of arguments */
            number(at);
        else
            return false;
    }
    return true;
}

/* Where the CIE's instructions begin; nullptr: a form that is not known here. */
static const unsigned char *skip_head(const unsigned char *cie, bool *augmented)
{
    const unsigned char *at = cie + 9, *text = at;
    while (*at++)
        ;
    *augmented = *text == 'z';
    if (cie[8] != 1 || (*text && !*augmented) || number(at) != 1)
        return nullptr;
    number(at); /* the factor of saved registers */
    number(at); /* the return address's column */
    if (*augmented) {
        ULONG length = number(at);
        at += length;
    }
    return at;
}

static ULONG word(const unsigned char *at)
{
    return fixed(at, 4);
}

/* How far above ESP the frame of the function at pc ends; false: its table does not say. */
static bool frame_end(ULONG pc, Rule &rule)
{
    Bases bases;
    bool augmented;
    const unsigned char *fde = _Unwind_Find_FDE((void *)pc, &bases);
    if (!fde)
        return false;
    const unsigned char *cie = fde + 4 - word(fde + 4), *at = fde + 16;
    const unsigned char *head = skip_head(cie, &augmented);
    if (!head)
        return false;
    if (augmented) {
        ULONG length = number(at);
        at += length;
    }
    const ULONG start = (ULONG)bases.function;
    return obey(head, cie + 4 + word(cie), start, start, rule) &&
           obey(at, fde + 4 + word(fde), start, pc, rule) && rule.base == esp;
}

/* frames: innermost first. */
void settle_guesses(std::vector<Frame> &frames)
{
    for (size_t i = 2; i < frames.size(); i++) {
        const Frame &callee = frames[i - 2], &function = frames[i - 1];
        Rule rule = {0, 0};
        if (!(frames[i].flags & FATHOM_FRAME_GUESSED) || !callee.frame ||
            !same_module(function.module, "") || !frame_end(function.address - 1, rule))
            continue;
        if (callee.frame + 8 + rule.offset == function.frame + 8)
            frames[i].flags &= ~FATHOM_FRAME_GUESSED;
    }
}

/* Where the jump or call at this address leads: rel32, or through an import's slot. */
static ULONG leads_to(ULONG address)
{
    const unsigned char *code = (const unsigned char *)address;
    if (code[0] == 0xE8 || code[0] == 0xE9)
        return address + 5 + word(code + 1);
    if (code[0] == 0xFF && code[1] == 0x25)
        return *(const ULONG *)word(code + 2);
    return 0;
}

/* A function between the two, of which only its jump can be seen. */
bool jumps_on(const Frame &caller, const Frame &called, Frame *between)
{
    const ULONG function = leads_to(caller.address - 5);
    ULONG end = function;
    for (int i = 0; i < 2 && end && *(const unsigned char *)end != 0x55; i++)
        end = leads_to(end); /* the jump, and the import's thunk */
    if (!same_module(caller.module, "") || !function || function == end ||
        end != called.address - called.offset)
        return false;
    *between = {function, 0, 0, {}, "", "", 0};
    name_frame(*between);
    return between->function != called.function; /* the import's thunk is no function */
}
