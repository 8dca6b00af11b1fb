/* link: -loleaut32 -lole32 -luuid */
/* rules.c - what Microsoft's pages say of BSTR, the SysAllocString family and VARIANTs. */
#include <windows.h>
#include <oleauto.h>
#include <string.h>
#include "documented.h"

static DWORD prefix(BSTR string)
{
    return ((DWORD *)string)[-1];
}

static void variants(void)
{
    VARIANT one, two;
    BSTR joined = NULL;
    memset(&one, 0xA5, sizeof one);
    VariantInit(&one);
    VariantInit(&two);
    documented("VariantInit", "the type is VT_EMPTY", SAME, V_VT(&one) == VT_EMPTY);
    V_VT(&one) = VT_BSTR;
    V_BSTR(&one) = SysAllocStringLen(L"a\0b", 3);
    documented("VariantCopy", "a string is copied, not its address", SAME,
               VariantCopy(&two, &one) == S_OK && V_VT(&two) == VT_BSTR &&
                   V_BSTR(&two) != V_BSTR(&one) && SysStringLen(V_BSTR(&two)) == 3 &&
                   memcmp(V_BSTR(&two), L"a\0b", 8) == 0);
    documented("VarBstrCat", "a new string of both", SAME,
               VarBstrCat(V_BSTR(&one), V_BSTR(&two), &joined) == S_OK &&
                   SysStringLen(joined) == 6 && memcmp(joined, L"a\0ba\0b", 14) == 0);
    SysFreeString(joined);
    documented("VariantClear", "a VT_BSTR is freed; the type is VT_EMPTY", SAME,
               VariantClear(&two) == S_OK && V_VT(&two) == VT_EMPTY);
    V_VT(&two) = VT_I4;
    V_I4(&two) = 7;
    documented("VariantCopy", "the destination is cleared first", SAME,
               VariantCopy(&one, &two) == S_OK && V_VT(&one) == VT_I4 && V_I4(&one) == 7);
    V_VT(&one) = 0x7FFF;
    documented("VariantClear", "no valid type: DISP_E_BADVARTYPE", SAME,
               VariantClear(&one) == DISP_E_BADVARTYPE && V_VT(&one) == 0x7FFF);
}

int main(void)
{
    variants();
    BSTR string = SysAllocString(L"two words"), old;
    documented("BSTR", "a 4-byte length, in bytes, right before the first character",
               SAME, prefix(string) == 18);
    documented("BSTR", "the length does not include the terminator", SAME,
               string[9] == 0 && SysStringByteLen(string) == 18);
    documented("SysAllocString", "a new string with a copy of the given one", SAME,
               wcscmp(string, L"two words") == 0);
    documented("SysAllocString", "a zero-length string: a zero-length BSTR", SAME,
               (old = SysAllocString(L"")) != NULL && SysStringLen(old) == 0);
    SysFreeString(old);
    documented("SysAllocString", "NULL gives NULL", SAME, SysAllocString(NULL) == NULL);
    documented("SysReAllocString", "TRUE: reallocated, with a copy of the new text", SAME,
               SysReAllocString(&string, L"other") && wcscmp(string, L"other") == 0 &&
                   SysStringLen(string) == 5);
    SysFreeString(string);
    string = SysAllocStringLen(L"ab\0cd", 5);
    documented("SysAllocStringLen", "the text may have zeros in it", SAME,
               SysStringLen(string) == 5 && memcmp(string, L"ab\0cd", 12) == 0);
    documented("SysStringLen", "counts to the end, not to the first zero", SAME,
               SysStringLen(string) == 5 && wcslen(string) == 2);
    documented("SysReAllocStringLen", "cuts; a zero is put after it", SAME,
               SysReAllocStringLen(&string, L"longer text", 6) &&
                   wcscmp(string, L"longer") == 0);
    documented("SysReAllocStringLen", "a NULL text: the characters that fit stay", SAME,
               SysReAllocStringLen(&string, NULL, 4) &&
                   wcsncmp(string, L"long", 4) == 0 && string[4] == 0 &&
                   SysStringLen(string) == 4);
    SysFreeString(string);
    string = SysAllocStringLen(NULL, 7);
    documented("SysAllocStringLen",
               "NULL: not filled, but of that length and with a zero", SAME,
               string && prefix(string) == 14 && string[7] == 0);
    SysFreeString(string);
    string = SysAllocStringByteLen("bytes", 5);
    documented("SysAllocStringByteLen", "bytes as they are, no translation", SAME,
               string && memcmp(string, "bytes", 6) == 0 &&
                   SysStringByteLen(string) == 5);
    SysFreeString(string);
    documented("SysAllocStringLen", "a length that no memory has gives NULL", SAME,
               SysAllocStringLen(L"x", 0x80000000u) == NULL &&
                   SysAllocStringLen(L"x", 0xFFFFFFFFu) == NULL);
    documented("SysAllocStringByteLen", "a length that no memory has gives NULL", SAME,
               SysAllocStringByteLen("x", 0xFFFFFFFFu) == NULL &&
                   SysAllocStringByteLen("x", 0xFFFFFFFAu) == NULL);
    documented("SysStringLen", "of NULL: 0", SAME, SysStringLen(NULL) == 0);
    documented("SysStringByteLen", "of NULL: 0", SAME, SysStringByteLen(NULL) == 0);
    SysFreeString(NULL);
    documented("SysFreeString", "NULL: the function simply returns", SAME, TRUE);
    string = SysAllocString(L"x");
    documented("SysFreeString", "the memory is task memory, 4 bytes before the text",
               SAME, HeapValidate(GetProcessHeap(), 0, (DWORD *)string - 1));
    SysFreeString(string);
    return undocumented();
}
