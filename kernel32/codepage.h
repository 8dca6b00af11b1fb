/* codepage.h - the pages' tables, for convert functions in multibyte.c. */
#ifndef FATHOM_CODEPAGE_H
#define FATHOM_CODEPAGE_H

#include "k32.h"

WCHAR BasepByteToChar(UINT page, UCHAR byte);
int BasepCharToByte(UINT page, WCHAR);
ULONG BasepDecodeUtf8(const UCHAR **at, const UCHAR *end);
ULONG BasepEncodeUtf8(ULONG value, UCHAR *out);

#endif
