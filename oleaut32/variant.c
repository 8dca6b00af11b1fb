/* variant.c - VARIANTs that own memory: strings and objects, cleared and copied.
 *
 * A VARIANT of VT_BSTR owns its string, one of VT_UNKNOWN or VT_DISPATCH a reference; the
 * other types have nothing to give back.  Arrays and records are not there:
 * DISP_E_BADVARTYPE.  Source: Microsoft's pages for each function.
 */
#include <windows.h>
#include <oleauto.h>

static BOOL IsObject(const VARIANTARG *Variant)
{
    return V_VT(Variant) == VT_UNKNOWN || V_VT(Variant) == VT_DISPATCH;
}

/* A scalar, a string, an object, or a reference to one; no array and no record. */
static BOOL IsKnown(const VARIANTARG *Variant)
{
    const VARTYPE Base = V_VT(Variant) & VT_TYPEMASK;
    if (V_VT(Variant) & (VT_ARRAY | VT_VECTOR | VT_RESERVED))
        return FALSE;
    return Base <= VT_UINT && Base != 15 &&
           (!(V_VT(Variant) & VT_BYREF) || Base > VT_NULL);
}

/* VT_EMPTY; what was there is not looked at. */
void WINAPI VariantInit(VARIANTARG *Variant)
{
    ZeroMemory(Variant, sizeof(*Variant));
}

/* Gives back what it owns; VT_EMPTY then.  DISP_E_BADVARTYPE: and nothing is changed. */
HRESULT WINAPI VariantClear(VARIANTARG *Variant)
{
    if (!IsKnown(Variant))
        return DISP_E_BADVARTYPE;
    if (V_VT(Variant) == VT_BSTR)
        SysFreeString(V_BSTR(Variant));
    else if (IsObject(Variant) && V_UNKNOWN(Variant) != NULL)
        V_UNKNOWN(Variant)->lpVtbl->Release(V_UNKNOWN(Variant));
    V_VT(Variant) = VT_EMPTY;
    return S_OK;
}

/* To is cleared, and becomes a copy: a string of its own, one more reference.
 * E_OUTOFMEMORY; DISP_E_BADVARTYPE. */
HRESULT WINAPI VariantCopy(VARIANTARG *To, VARIANTARG *From)
{
    VARIANTARG Copy = *From;
    if (!IsKnown(From))
        return DISP_E_BADVARTYPE;
    if (To == From)
        return S_OK;
    if (V_VT(From) == VT_BSTR && V_BSTR(From) != NULL) {
        V_BSTR(&Copy) =
            SysAllocStringByteLen((LPCSTR)V_BSTR(From), SysStringByteLen(V_BSTR(From)));
        if (V_BSTR(&Copy) == NULL)
            return E_OUTOFMEMORY;
    } else if (IsObject(From) && V_UNKNOWN(From) != NULL) {
        V_UNKNOWN(From)->lpVtbl->AddRef(V_UNKNOWN(From));
    }
    const HRESULT Result = VariantClear(To);
    if (FAILED(Result))
        VariantClear(&Copy);
    else
        *To = Copy;
    return Result;
}

/* A new string of both, one after the other; null is an empty one.  E_OUTOFMEMORY. */
HRESULT WINAPI VarBstrCat(BSTR Left, BSTR Right, LPBSTR Result)
{
    if (Result == NULL)
        return E_INVALIDARG;
    const UINT First = SysStringByteLen(Left), Second = SysStringByteLen(Right);
    *Result = SysAllocStringByteLen(NULL, First + Second);
    if (*Result == NULL)
        return E_OUTOFMEMORY;
    __movsb((BYTE *)*Result, (const BYTE *)Left, First);
    __movsb((BYTE *)*Result + First, (const BYTE *)Right, Second);
    return S_OK;
}
