/* code.cpp - the bytes at the crossing, read from memory and decoded.
 *
 * The decoder knows exactly the instructions that may be there and refuses everything
 * else: it cannot describe code that it does not understand.  Encodings: Intel SDM
 * volume 2.
 */
#include "walk.h"
#include <cstring>

struct Pattern {
    unsigned char bytes[4];
    unsigned length;    /* of the fixed part */
    unsigned immediate; /* bytes that follow it */
    const char *text;   /* %X takes the immediate */
};
static const Pattern patterns[] = {
    {{0x8B, 0xD4}, 2, 0, "mov edx,esp"},
    {{0x0F, 0x34}, 2, 0, "sysenter"},
    {{0xCD, 0x2E}, 2, 0, "int 2Eh"},
    {{0x8D, 0x54, 0x24, 0x08}, 4, 0, "lea edx,[esp+8]"},
    {{0xC3}, 1, 0, "ret"},
    {{0xB8}, 1, 4, "mov eax,%lXh"},
    {{0xBA}, 1, 4, "mov edx,%lXh"},
    {{0xFF, 0x12}, 2, 0, "call [edx]"},
    {{0xC2}, 1, 2, "ret %lXh"},
};

/* One instruction; its length, or 0: refused. */
static unsigned decode(const unsigned char *code, std::string *text)
{
    for (const Pattern &pattern : patterns) {
        if (memcmp(code, pattern.bytes, pattern.length))
            continue;
        ULONG value = 0;
        memcpy(&value, code + pattern.length, pattern.immediate);
        *text = pattern.immediate ? format(pattern.text, value) : pattern.text;
        return pattern.length + pattern.immediate;
    }
    return 0;
}

/* Decode until the last instruction of the function; false: something was refused. */
static bool list(const char *name, const unsigned char *code, const char *last)
{
    say("  %s:", name);
    for (std::string text; text.compare(0, strlen(last), last);) {
        unsigned length = decode(code, &text);
        if (!length) {
            say("    %p  %02X           not an instruction that belongs here",
                (const void *)code, *code);
            return false;
        }
        std::string bytes;
        for (unsigned i = 0; i < length; i++)
            bytes += format("%02X ", code[i]);
        say("    %p  %-21s %s", (const void *)code, bytes.c_str(), text.c_str());
        code += length;
    }
    return true;
}

static const unsigned char *export_of(const char *name)
{
    return (const unsigned char *)(void *)GetProcAddress(GetModuleHandleA("ntdll.dll"),
                                                         name);
}

void show_code()
{
    title("The crossing, byte by byte");
    if (!capture_open()) {
        say("  The crossing of this system is its own; it is shown on Fathom.");
        return;
    }
    const unsigned char *stub = export_of("NtAllocateVirtualMemory");
    const unsigned char *fast = export_of("KiFastSystemCall");
    const unsigned char *slow = export_of("KiIntSystemCall");
    if (!stub || !fast || !slow) {
        proof(false, "11",
              "ntdll exports NtAllocateVirtualMemory, KiFastSystemCall, KiIntSystemCall");
        return;
    }
    bool stub_known = list("ntdll!NtAllocateVirtualMemory", stub, "ret");
    ULONG number = 0;
    memcpy(&number, stub + 1, sizeof number);
    proof(stub_known && *stub == 0xB8 && number == 0x13, "10",
          "the stub asks for service %lXh", number);
    const unsigned char *used = *(const unsigned char *const *)0x7FFE0300;
    bool uses_fast = used == fast;
    say("  SharedUserData!SystemCall holds %p, %s", (const void *)used,
        uses_fast      ? "KiFastSystemCall"
        : used == slow ? "KiIntSystemCall (no sysenter, or the boot said door=int2e)"
                       : "neither of the two");
    proof(uses_fast || used == slow, "11", "the stub's call [edx] leads there");
    bool known = list("ntdll!KiFastSystemCall", fast, "sysenter");
    proof(known && !memcmp(fast, "\x8B\xD4\x0F\x34", 4), "11",
          "KiFastSystemCall is %02X %02X %02X %02X", fast[0], fast[1], fast[2], fast[3]);
    screen_text(format("sysenter: %02X %02X %02X %02X at ntdll!KiFastSystemCall", fast[0],
                       fast[1], fast[2], fast[3]));
    if (!uses_fast)
        proof(list("ntdll!KiIntSystemCall", slow, "ret"), "11",
              "KiIntSystemCall is known code");
}
