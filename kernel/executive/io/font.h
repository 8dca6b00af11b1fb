/* font.h - the screen's letters. */
#ifndef FATHOM_FONT_H
#define FATHOM_FONT_H

#include "ke/ke.h"

/* The 8 pixels, leftmost in bit 7, of line y (0..15) of an ASCII character. */
UCHAR IopFontRow(UCHAR character, ULONG y);

#endif
