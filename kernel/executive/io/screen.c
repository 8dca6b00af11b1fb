/* screen.c - the text screen: a framebuffer (framebuffer.c), or VGA text at B8000h, or nothing.
 *
 * Characters are kept in cells of the last KEPT lines; a cell is drawn when what is shown in
 * its place changes.  A word that a row has no room for goes to the next one whole.
 *
 *     line  0 ... IopTop - IopBack ... IopTop ... IopTop + IopRow ...
 *                 ^ first that is shown  ^ first of the screen  ^ the cursor's
 *
 * Page Up shows what has left the screen; a key goes back to the cursor.  Of terminal control it
 * knows CR, LF, BS, TAB, and ESC [ ... m (colours, bold, reverse), J, K, H: what the walk
 * and the shell say.  UTF-8 beyond ASCII is shown as the nearest sign the font has.
 */
#include "iop.h"
#include "kd/port.h"

#define MAX_COLUMNS 160u
#define MAX_ROWS    64u
#define KEPT        1024u /* lines, a power of 2 */
#define VGA_TEXT    0xB8000u
#define VGA_OUTPUT  0x3CC /* its register of the output, as it is read */
#define LIGHT_GREY  7

typedef struct {
    UCHAR Character, Colour; /* colour: foreground | background << 4, VGA's numbers */
} CELL;
C_ASSERT(sizeof(CELL) == 2);

static BOOLEAN IopPixels;       /* there is a framebuffer */
static volatile USHORT *IopVga; /* VGA text memory; NULL: none */
static ULONG IopColumns = 80, IopRows = 25;
static CELL *IopLines;                       /* KEPT of IopColumns cells */
static CELL IopShown[MAX_ROWS][MAX_COLUMNS]; /* as they are drawn */
static ULONG IopTop, IopBack;
static ULONG IopColumn, IopRow;
static BOOLEAN IopBlank; /* one that the edge has swallowed: here a row may end */
static UCHAR IopColour = LIGHT_GREY;
static struct {
    enum { Plain, Escape, Csi } State;
    ULONG Number[4], Count;
    ULONG Utf8;   /* the code point under way */
    ULONG Follow; /* bytes it still lacks */
} IopParser;

/* The line that is row of the screen, as written. */
static CELL *IopLine(ULONG row)
{
    return IopLines + (IopTop + row) % KEPT * IopColumns;
}

static void IopShow(ULONG row, ULONG column, CELL cell)
{
    CELL *const shown = &IopShown[row][column];
    if (shown->Character == cell.Character && shown->Colour == cell.Colour)
        return;
    *shown = cell;
    if (IopVga != NULL)
        IopVga[row * IopColumns + column] = cell.Character | cell.Colour << 8;
    if (IopPixels)
        IopDrawCharacter(row, column, cell.Character, cell.Colour);
}

static void IopSetCell(ULONG row, ULONG column, CELL cell)
{
    IopLine(row)[column] = cell;
    if (IopBack == 0)
        IopShow(row, column, cell);
}

static void IopShowAll(void)
{
    for (ULONG row = 0; row < IopRows; row++)
        for (ULONG column = 0; column < IopColumns; column++)
            IopShow(row, column, IopLine(row - IopBack)[column]);
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
    IopTop++;
    for (ULONG column = 0; column < IopColumns; column++)
        IopLine(IopRow)[column] = (CELL){' ', IopColour};
    if (IopBack != 0 && IopBack < KEPT - IopRows) /* what is looked at stays */
        IopBack++;
    IopShowAll();
}

/* The row is full: its last word goes along, unless half the row is of it. */
static void IopFold(void)
{
    ULONG from = IopColumns;
    while (from > IopColumns / 2 && IopLine(IopRow)[from - 1].Character != ' ')
        from--;
    if (IopBlank || from == IopColumns / 2 || IopRows < 2)
        from = IopColumns;
    IopNewLine();
    for (ULONG at = from; at < IopColumns; at++) {
        IopSetCell(IopRow, IopColumn++, IopLine(IopRow - 1)[at]);
        IopSetCell(IopRow - 1, at, (CELL){' ', IopColour});
    }
}

static void IopPutCharacter(UCHAR c)
{
    if (IopColumn == IopColumns && c == ' ') {
        IopBlank = TRUE;
        return;
    }
    if (IopColumn == IopColumns)
        IopFold();
    IopBlank = FALSE;
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

/* The sign for a code point that the font lacks. */
static UCHAR IopNearest(ULONG point)
{
    static const struct {
        USHORT First, Last;
        char Sign;
    } signs[] = {{0x00B7, 0x00B7, '.'},  {0x00D7, 0x00D7, 'x'}, {0x2013, 0x2014, '-'},
                 {0x2018, 0x2019, '\''}, {0x201C, 0x201D, '"'}, {0x2022, 0x2026, '.'},
                 {0x2190, 0x2190, '<'},  {0x2191, 0x2191, '^'}, {0x2192, 0x2192, '>'},
                 {0x2193, 0x2193, 'v'},  {0x2212, 0x2212, '-'}, {0x2500, 0x2500, '-'},
                 {0x2502, 0x2502, '|'},  {0x2550, 0x2550, '-'}, {0x2551, 0x2551, '|'},
                 {0x2500, 0x257F, '+'},  {0x2588, 0x2593, '#'}, {0x25B8, 0x25BA, '>'},
                 {0x25BC, 0x25BC, 'v'},  {0x2713, 0x2714, '*'}, {0x2717, 0x2717, 'x'}};
    for (ULONG i = 0; i < sizeof signs / sizeof *signs; i++)
        if (point >= signs[i].First && point <= signs[i].Last)
            return signs[i].Sign;
    return '?';
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

/* VGA's own cursor follows the text; on pixels it is a cell with its colours exchanged. */
static void IopMoveCursor(void)
{
    static ULONG row, column; /* where it is drawn */
    if (IopPixels) {
        CELL cell = IopShown[row][column];
        IopDrawCharacter(row, column, cell.Character, cell.Colour);
        row = IopRow;
        column = min(IopColumn, IopColumns - 1);
        cell = IopShown[row][column];
        if (IopBack == 0)
            IopDrawCharacter(row, column, cell.Character,
                             cell.Colour >> 4 | cell.Colour << 4);
        return;
    }
    const ULONG at = IopRow * IopColumns + IopColumn;
    const USHORT high = 0x0E | (at >> 8 & 0xFF) << 8, low = 0x0F | (at & 0xFF) << 8;
    if (IopVga == NULL)
        return;
    __asm__ volatile("outw %0, %1" ::"a"(high), "Nd"((USHORT)0x3D4));
    __asm__ volatile("outw %0, %1" ::"a"(low), "Nd"((USHORT)0x3D4));
}

void IopScreenWrite(const char *text, ULONG length)
{
    if (IopLines == NULL)
        return;
    for (ULONG i = 0; i < length; i++)
        IopPutByte(text[i]);
    IopMoveCursor();
}

void IopScreenLook(LONG up)
{
    const LONG lines = up * (LONG)(IopRows - 1) + (LONG)IopBack;
    if (IopLines == NULL || (up == 0 && IopBack == 0))
        return;
    const LONG most = min(IopTop, KEPT - IopRows);
    IopBack = up == 0 || lines < 0 ? 0 : min(lines, most);
    IopShowAll();
    IopMoveCursor();
}

void IopScreenSize(ULONG *columns, ULONG *rows)
{
    *columns = IopColumns;
    *rows = IopRows;
}

/* A register and text memory that answer: there is a VGA.  Without one the bus reads as ones, but
 * in the place of text memory a machine may have plain memory. */
static BOOLEAN IopFindVga(void)
{
    volatile USHORT *text = MmMapIoSpace(VGA_TEXT, 0x8000, TRUE);
    if (text == NULL || KdIn8(VGA_OUTPUT) == 0xFF)
        return FALSE;
    const USHORT before = text[0];
    text[0] = 0x0741;
    const BOOLEAN there = text[0] == 0x0741;
    text[0] = before;
    if (there) {
        IopVga = text;
        IopMixVga();
    }
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
    IopLines = ExAllocatePool(KEPT * IopColumns * sizeof *IopLines, IO_TAG);
    if (IopLines == NULL)
        return;
    for (ULONG row = 0; row < IopRows; row++)
        IopClearCells(row, 0, IopColumns);
}
