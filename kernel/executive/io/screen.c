/* screen.c - the text screen: a framebuffer (framebuffer.c), or VGA text at B8000h, or nothing.
 *
 * Characters are kept in cells; a cell is drawn when it changes.  Of terminal control it
 * knows CR, LF, BS, TAB, and ESC [ ... m (colours, bold, reverse), J, K, H: what the walk
 * and the shell say.  UTF-8 beyond ASCII is shown as the nearest sign the font has.
 */
#include "iop.h"

#define MAX_COLUMNS 160u
#define MAX_ROWS    64u
#define VGA_TEXT    0xB8000u
#define LIGHT_GREY  7

typedef struct {
    UCHAR Character, Colour; /* colour: foreground | background << 4, VGA's numbers */
} CELL;
C_ASSERT(sizeof(CELL) == 2);

static BOOLEAN IopPixels;       /* there is a framebuffer */
static volatile USHORT *IopVga; /* VGA text memory; NULL: none */
static ULONG IopColumns = 80, IopRows = 25;
static CELL IopCells[MAX_ROWS][MAX_COLUMNS];
static ULONG IopColumn, IopRow;
static UCHAR IopColour = LIGHT_GREY;
static struct {
    enum { Plain, Escape, Csi } State;
    ULONG Number[4], Count;
    ULONG Utf8;   /* the code point under way */
    ULONG Follow; /* bytes it still lacks */
} IopParser;

static void IopDrawCell(ULONG row, ULONG column)
{
    const CELL cell = IopCells[row][column];
    if (IopVga != NULL)
        IopVga[row * IopColumns + column] = cell.Character | cell.Colour << 8;
    if (IopPixels)
        IopDrawCharacter(row, column, cell.Character, cell.Colour);
}

static void IopSetCell(ULONG row, ULONG column, CELL cell)
{
    CELL *old = &IopCells[row][column];
    if (old->Character == cell.Character && old->Colour == cell.Colour)
        return;
    *old = cell;
    IopDrawCell(row, column);
}

static void IopClearCells(ULONG row, ULONG from, ULONG to)
{
    for (ULONG column = from; column < to; column++)
        IopSetCell(row, column, (CELL){' ', IopColour});
}

static void IopNewLine(void)
{
    IopColumn = 0;
    if (++IopRow < IopRows)
        return;
    IopRow = IopRows - 1;
    for (ULONG row = 0; row + 1 < IopRows; row++)
        for (ULONG column = 0; column < IopColumns; column++)
            IopSetCell(row, column, IopCells[row + 1][column]);
    IopClearCells(IopRow, 0, IopColumns);
}

static void IopPutCharacter(UCHAR c)
{
    if (IopColumn == IopColumns)
        IopNewLine();
    IopSetCell(IopRow, IopColumn++, (CELL){c, IopColour});
}

/* ESC [ n m: ANSI's order of colours is red, green, blue from bit 0; VGA's the other way. */
static UCHAR IopVgaColour(ULONG ansi)
{
    return (ansi & 1) << 2 | (ansi & 2) | (ansi & 4) >> 2;
}

static void IopSelectGraphics(ULONG n)
{
    if (n == 0)
        IopColour = LIGHT_GREY;
    else if (n == 1)
        IopColour |= 8;
    else if (n == 2 || n == 22)
        IopColour = n == 2 ? (IopColour & 0xF0) | 8 : IopColour & ~8;
    else if (n == 7)
        IopColour = IopColour >> 4 | IopColour << 4;
    else if (n == 39)
        IopColour = (IopColour & 0xF0) | LIGHT_GREY;
    else if (n >= 30 && n <= 37)
        IopColour = (IopColour & 0xF8) | IopVgaColour(n - 30);
    else if (n >= 90 && n <= 97)
        IopColour = (IopColour & 0xF0) | 8 | IopVgaColour(n - 90);
    else if (n == 49)
        IopColour &= 0x0F;
    else if (n >= 40 && n <= 47)
        IopColour = (IopColour & 0x0F) | IopVgaColour(n - 40) << 4;
}

static void IopEndSequence(UCHAR letter)
{
    const ULONG first = IopParser.Number[0];
    if (letter == 'm') {
        for (ULONG i = 0; i <= IopParser.Count && i < 4; i++)
            IopSelectGraphics(IopParser.Number[i]);
    } else if (letter == 'K') {
        IopClearCells(IopRow, first == 0 ? IopColumn : 0,
                      first == 1 ? IopColumn : IopColumns);
    } else if (letter == 'J') {
        ULONG from = first == 2 ? 0 : IopRow;
        for (ULONG row = from; row < IopRows; row++)
            IopClearCells(row, row == IopRow && first != 2 ? IopColumn : 0, IopColumns);
    } else if (letter == 'H') {
        ULONG row = first ? first - 1 : 0, column = IopParser.Number[1];
        IopRow = row < IopRows ? row : IopRows - 1;
        column = column ? column - 1 : 0;
        IopColumn = column < IopColumns ? column : IopColumns - 1;
    }
    IopParser.State = Plain;
}

static void IopInSequence(UCHAR c)
{
    if (IopParser.State == Escape) {
        memset(IopParser.Number, 0, sizeof IopParser.Number);
        IopParser.Count = 0;
        IopParser.State = c == '[' ? Csi : Plain;
    } else if (c >= '0' && c <= '9') {
        if (IopParser.Count < 4 && IopParser.Number[IopParser.Count] < 1000)
            IopParser.Number[IopParser.Count] =
                IopParser.Number[IopParser.Count] * 10 + c - '0';
    } else if (c == ';') {
        IopParser.Count++;
    } else if (c >= 0x40) {
        IopEndSequence(c);
    }
}

/* What stands for a code point that the font lacks. */
static UCHAR IopNearest(ULONG point)
{
    if (point >= 0x2500 && point < 0x2580) /* box drawing */
        return point == 0x2500 || point == 0x2550   ? '-'
               : point == 0x2502 || point == 0x2551 ? '|'
                                                    : '+';
    switch (point) {
    case 0x2013:
    case 0x2014:
    case 0x2212:
        return '-';
    case 0x2018:
    case 0x2019:
        return '\'';
    case 0x201C:
    case 0x201D:
        return '"';
    case 0x2190:
        return '<';
    case 0x2192:
    case 0x25B8:
    case 0x25BA:
        return '>';
    case 0x2191:
        return '^';
    case 0x2193:
    case 0x25BC:
        return 'v';
    case 0x2022:
    case 0x00B7:
    case 0x2026:
        return '.';
    case 0x2713:
    case 0x2714:
        return '*';
    case 0x00D7:
    case 0x2717:
        return 'x';
    case 0x2588:
    case 0x2592:
    case 0x2593:
        return '#';
    default:
        return '?';
    }
}

/* TRUE: the byte was part of a character beyond ASCII. */
static BOOLEAN IopDecodeUtf8(UCHAR c)
{
    if (c < 0x80) {
        IopParser.Follow = 0;
        return FALSE;
    }
    if ((c & 0xC0) == 0x80) {
        IopParser.Utf8 = IopParser.Utf8 << 6 | (c & 0x3F);
        if (IopParser.Follow && --IopParser.Follow == 0)
            IopPutCharacter(IopNearest(IopParser.Utf8));
        return TRUE;
    }
    IopParser.Follow = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
    IopParser.Utf8 = c & (0x3F >> IopParser.Follow);
    return TRUE;
}

static void IopPutByte(UCHAR c)
{
    if (IopParser.State != Plain)
        IopInSequence(c);
    else if (IopDecodeUtf8(c))
        ;
    else if (c == 0x1B)
        IopParser.State = Escape;
    else if (c == '\n')
        IopNewLine();
    else if (c == '\r')
        IopColumn = 0;
    else if (c == '\b')
        IopColumn -= IopColumn > 0;
    else if (c == '\t')
        do
            IopPutCharacter(' ');
        while (IopColumn % 8 && IopColumn < IopColumns);
    else if (c >= ' ' && c < 0x7F)
        IopPutCharacter(c);
}

/* VGA's own cursor follows the text. */
static void IopMoveCursor(void)
{
    const ULONG at = IopRow * IopColumns + IopColumn;
    const USHORT high = 0x0E | (at >> 8 & 0xFF) << 8, low = 0x0F | (at & 0xFF) << 8;
    if (IopVga == NULL)
        return;
    __asm__ volatile("outw %0, %1" ::"a"(high), "Nd"((USHORT)0x3D4));
    __asm__ volatile("outw %0, %1" ::"a"(low), "Nd"((USHORT)0x3D4));
}

void IopScreenWrite(const char *text, ULONG length)
{
    if (!IopPixels && IopVga == NULL)
        return;
    for (ULONG i = 0; i < length; i++)
        IopPutByte(text[i]);
    IopMoveCursor();
}

void IopScreenSize(ULONG *columns, ULONG *rows)
{
    *columns = IopColumns;
    *rows = IopRows;
}

/* Text memory that answers: there is a VGA.  Without one the bus reads as ones. */
static BOOLEAN IopFindVga(void)
{
    volatile USHORT *text = MmMapIoSpace(VGA_TEXT, 0x8000, TRUE);
    if (text == NULL)
        return FALSE;
    const USHORT before = text[0];
    text[0] = 0x0741;
    const BOOLEAN there = text[0] == 0x0741;
    text[0] = before;
    if (there)
        IopVga = text;
    return there;
}

void IoInitializeScreen(const MULTIBOOT_INFO *info)
{
    KdConsoleWrite = IopScreenWrite;
    IopPixels = IopOpenFramebuffer(info, &IopColumns, &IopRows);
    if (IopPixels) {
        IopColumns = IopColumns < MAX_COLUMNS ? IopColumns : MAX_COLUMNS;
        IopRows = IopRows < MAX_ROWS ? IopRows : MAX_ROWS;
    } else if (!IopFindVga()) {
        return;
    }
    for (ULONG row = 0; row < IopRows; row++)
        IopClearCells(row, 0, IopColumns);
}
