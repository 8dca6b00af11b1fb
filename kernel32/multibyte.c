/* multibyte.c - MultiByteToWideChar, WideCharToMultiByte, and what is asked about code
 * pages. */
#include "codepage.h"

#define ANSI_PAGE 1252
#define OEM_PAGE  437

/* CP_ACP and its kin to a number; 0: not here. */
static UINT Page(UINT page)
{
    switch (page) {
    case CP_ACP:
    case CP_THREAD_ACP:
    case CP_MACCP:
        return ANSI_PAGE;
    case CP_OEMCP:
        return OEM_PAGE;
    case ANSI_PAGE:
    case OEM_PAGE:
    case CP_UTF8:
    case 20127: /* ASCII */
    case 28591: /* Latin-1 */
        return page;
    }
    return 0;
}

UINT WINAPI GetACP(void)
{
    return ANSI_PAGE;
}

UINT WINAPI GetOEMCP(void)
{
    return OEM_PAGE;
}

BOOL WINAPI IsValidCodePage(UINT page)
{
    return page >= OEM_PAGE && Page(page) != 0;
}

/* Units of UTF-16 written, or needed when size is 0; 0 with ERROR_INVALID_PARAMETER,
 * ERROR_INVALID_FLAGS, ERROR_INSUFFICIENT_BUFFER, ERROR_NO_UNICODE_TRANSLATION (only with
 * MB_ERR_INVALID_CHARS). length -1: up to and with the NUL. */
int WINAPI MultiByteToWideChar(UINT codePage, DWORD flags, LPCSTR in, int length,
                               LPWSTR out, int size)
{
    const UCHAR *at = (const UCHAR *)in, *end;
    UINT page = Page(codePage);
    int count = 0;

    if (!page || !in || !length || size < 0 || length < -1 ||
        (size && (!out || (PVOID)out == in))) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return 0;
    }
    if ((page == CP_UTF8 && (flags & ~MB_ERR_INVALID_CHARS)) ||
        (flags &
         ~(MB_PRECOMPOSED | MB_COMPOSITE | MB_USEGLYPHCHARS | MB_ERR_INVALID_CHARS))) {
        RtlSetLastWin32Error(ERROR_INVALID_FLAGS);
        return 0;
    }
    end = at + (length == -1 ? (int)strlen(in) + 1 : length);
    while (at < end) {
        ULONG value =
            page == CP_UTF8 ? BasepDecodeUtf8(&at, end) : BasepByteToChar(page, *at++);
        int units = value >= 0x10000 && value != ~0u ? 2 : 1;

        if (value == ~0u || (page != CP_UTF8 && value == 0xFFFF)) {
            if (flags & MB_ERR_INVALID_CHARS) {
                RtlSetLastWin32Error(ERROR_NO_UNICODE_TRANSLATION);
                return 0;
            }
            value = page == CP_UTF8 ? 0xFFFD : '?';
        }
        if (size && count + units > size) {
            RtlSetLastWin32Error(ERROR_INSUFFICIENT_BUFFER);
            return 0;
        }
        if (size && units == 2) {
            out[count] = (WCHAR)(0xD800 + ((value - 0x10000) >> 10));
            out[count + 1] = (WCHAR)(0xDC00 + ((value - 0x10000) & 0x3FF));
        } else if (size) {
            out[count] = (WCHAR)value;
        }
        count += units;
    }
    return count;
}

/* A scalar value; an unpaired surrogate is FFFDh and sets *bad. */
static ULONG TakeScalar(LPCWSTR *at, LPCWSTR end, BOOL *bad)
{
    ULONG high = *(*at)++;

    if ((high & 0xF800) != 0xD800)
        return high;
    if (high < 0xDC00 && *at < end && (**at & 0xFC00) == 0xDC00)
        return 0x10000 + ((high - 0xD800) << 10) + (*(*at)++ - 0xDC00);
    *bad = TRUE;
    return 0xFFFD;
}

/* Bytes written, or needed when size is 0. What the page lacks becomes the default
 * character
 * ('?'), *used says so. Errors as above; for UTF-8 a default character or `used` is
 * ERROR_INVALID_PARAMETER, and WC_ERR_INVALID_CHARS reports unpaired surrogates. */
int WINAPI WideCharToMultiByte(UINT codePage, DWORD flags, LPCWSTR in, int length,
                               LPSTR out, int size, LPCCH fallback, LPBOOL used)
{
    LPCWSTR at = in, end;
    UINT page = Page(codePage);
    int count = 0;

    if (used)
        *used = FALSE;
    if (!page || !in || !length || length < -1 || size < 0 ||
        (size && (!out || (PVOID)out == in)) || (page == CP_UTF8 && (fallback || used))) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return 0;
    }
    if (page == CP_UTF8 && (flags & ~WC_ERR_INVALID_CHARS)) {
        RtlSetLastWin32Error(ERROR_INVALID_FLAGS);
        return 0;
    }
    end = at + (length == -1 ? (int)wcslen(in) + 1 : length);
    while (at < end) {
        UCHAR bytes[4];
        BOOL bad = FALSE;
        ULONG many = 1;

        if (page == CP_UTF8) {
            many = BasepEncodeUtf8(TakeScalar(&at, end, &bad), bytes);
            if (bad && (flags & WC_ERR_INVALID_CHARS)) {
                RtlSetLastWin32Error(ERROR_NO_UNICODE_TRANSLATION);
                return 0;
            }
        } else {
            int byte = BasepCharToByte(page, *at++);
            if (byte < 0 && used)
                *used = TRUE;
            bytes[0] = (UCHAR)(byte >= 0 ? byte : fallback ? *fallback : '?');
        }
        if (size && count + (int)many > size) {
            RtlSetLastWin32Error(ERROR_INSUFFICIENT_BUFFER);
            return 0;
        }
        if (size)
            memcpy(out + count, bytes, many);
        count += (int)many;
    }
    return count;
}

/* No page here has lead bytes: UTF-8's are not called so. */
BOOL WINAPI IsDBCSLeadByteEx(UINT page, BYTE byte)
{
    (void)page, (void)byte;
    return FALSE;
}

BOOL WINAPI IsDBCSLeadByte(BYTE byte)
{
    (void)byte;
    return FALSE;
}

BOOL WINAPI GetCPInfo(UINT codePage, LPCPINFO info)
{
    UINT page = Page(codePage);

    if (!page || !info)
        return BasepFail(ERROR_INVALID_PARAMETER);
    *info = (CPINFO){.MaxCharSize = page == CP_UTF8 ? 4 : 1, .DefaultChar = {'?', 0}};
    return TRUE;
}

BOOL WINAPI GetCPInfoExW(UINT codePage, DWORD flags, LPCPINFOEXW info)
{
    UINT page = Page(codePage);

    if (!page || !info || flags)
        return BasepFail(ERROR_INVALID_PARAMETER);
    *info = (CPINFOEXW){.MaxCharSize = page == CP_UTF8 ? 4 : 1,
                        .DefaultChar = {'?', 0},
                        .UnicodeDefaultChar = page == CP_UTF8 ? 0xFFFD : '?',
                        .CodePage = page};
    return TRUE;
}

/* Files' names are read in the ANSI page. */
BOOL WINAPI AreFileApisANSI(void)
{
    return TRUE;
}
