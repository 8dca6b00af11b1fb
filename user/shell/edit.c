/* edit.c - one line of the prompt: keys, and the lines before.
 *
 *     C:\> attacks dou|ble-free       | the cursor, at bytes from the start
 *          ^ from: what is left of it does not fit, and is not shown
 *
 * The console gives key by key, unechoed, so Ctrl-C is a key like another here and is never
 * lost between a prompt and its read.  While a program runs the console is as it was.  The
 * line stays in one row: of a long one a part is shown.  Only CR, BS and ESC [ K are
 * needed, which the framebuffer and every terminal know.  Where standard input is no
 * console, lines are read as they come.
 *
 * What a program beside the prompt writes lands in the row.  While there is one, the prompt looks
 * for it 20 times a second, and writes its row anew after it.
 */
#include "shell.h"
#include <winioctl.h>

enum { KEPT = 32, WIDEST = 512 };
enum { LEFT = 256, RIGHT, UP, DOWN, HOME, END, DELETE_KEY, UNKNOWN };
#define CTRL(letter) ((letter)&0x1F)

static char history[KEPT][WIDEST];
static unsigned entered; /* lines so far; the last KEPT are there */

static struct {
    char *text;
    size_t size, length, at, from, room; /* room: columns for the text */
    unsigned looked;    /* how many lines back; 0: the one that is typed */
    char typed[WIDEST]; /* it, meanwhile */
    const char *prompt;
} now;

static void draw(void);

/* Changes with every write to the console; *last is the last byte. */
static ULONG written(ULONG *last)
{
    ULONG answer[2] = {0};
    DWORD moved;
    fflush(stdout);
    DeviceIoControl(GetStdHandle(STD_OUTPUT_HANDLE), IOCTL_CONSOLE_GET_WRITTEN, NULL, 0,
                    answer, sizeof answer, &moved, NULL);
    *last = answer[0] & 0xFF;
    return answer[0];
}

/* Returns when a key waits, or no program runs beside the prompt.  A program that is amid a line
 * is waited for, as long as more comes. */
static void watch_the_row(void)
{
    DWORD keys = 0;
    ULONG last;
    BOOL owed = FALSE; /* the row has to be written anew */
    for (ULONG seen = written(&last);;) {
        const BOOL run = look_at_jobs("\r\x1b[K");
        const ULONG now_written = written(&last);
        GetNumberOfConsoleInputEvents(GetStdHandle(STD_INPUT_HANDLE), &keys);
        const BOOL more = now_written != seen;
        owed |= more;
        seen = now_written;
        if (owed && (last == '\n' || !more || !run || keys)) {
            if (last != '\n')
                putchar('\n');
            draw();
            seen = written(&last);
            owed = FALSE;
        }
        if (!run || keys)
            return;
        Sleep(50);
    }
}

static int read_byte(void)
{
    unsigned char byte;
    DWORD moved = 0;
    return ReadFile(GetStdHandle(STD_INPUT_HANDLE), &byte, 1, &moved, NULL) && moved
               ? byte
               : -1;
}

/* After ESC: [ or O, digits, a letter. */
static int read_sequence(void)
{
    int key = read_byte(), number = 0;
    if (key != '[' && key != 'O')
        return key < 0 ? key : UNKNOWN;
    while ((key = read_byte()) >= '0' && key <= '9')
        number = number * 10 + key - '0';
    static const struct {
        char letter, number;
        int key;
    } keys[] = {{'A', 0, UP},   {'B', 0, DOWN}, {'C', 0, RIGHT},     {'D', 0, LEFT},
                {'H', 0, HOME}, {'F', 0, END},  {'~', 1, HOME},      {'~', 7, HOME},
                {'~', 4, END},  {'~', 8, END},  {'~', 3, DELETE_KEY}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].letter == key && keys[i].number == number)
            return keys[i].key;
    return key < 0 ? key : UNKNOWN;
}

static int read_key(void)
{
    watch_the_row();
    const int key = read_byte();
    return key == 0x1B ? read_sequence() : key;
}

/* The row anew: what fits around the cursor. */
static void draw(void)
{
    if (now.at < now.from)
        now.from = now.at;
    if (now.at >= now.from + now.room)
        now.from = now.at - now.room + 1;
    size_t shown = now.length - now.from;
    if (shown > now.room)
        shown = now.room;
    printf("\r%s%.*s\x1b[K", now.prompt, (int)shown, now.text + now.from);
    for (size_t i = now.from + shown; i > now.at; i--)
        putchar('\b');
    fflush(stdout);
}

static void cut(size_t from, size_t to)
{
    memmove(now.text + from, now.text + to, now.length - to + 1);
    now.length -= to - from;
    now.at = from;
}

static void insert(int key)
{
    if (now.length + 1 >= now.size)
        return;
    memmove(now.text + now.at + 1, now.text + now.at, now.length - now.at + 1);
    now.text[now.at++] = (char)key;
    now.length++;
    if (now.at == now.length && now.from == 0 && now.length < now.room) {
        putchar(key); /* the usual case: nothing else changes */
        fflush(stdout);
    } else {
        draw();
    }
}

/* A line of before, or the one that was being typed. */
static void look(unsigned back)
{
    if (back > entered || back > KEPT)
        return;
    if (now.looked == 0)
        strcpy(now.typed, now.text);
    now.looked = back;
    strcpy(now.text, back ? history[(entered - back) % KEPT] : now.typed);
    now.at = now.length = strlen(now.text);
    now.from = 0;
}

static size_t word_before(void)
{
    size_t at = now.at;
    while (at && now.text[at - 1] == ' ')
        at--;
    while (at && now.text[at - 1] != ' ')
        at--;
    return at;
}

static void move(int key)
{
    if (key == LEFT || key == CTRL('B'))
        now.at -= now.at > 0;
    else if (key == RIGHT || key == CTRL('F'))
        now.at += now.at < now.length;
    else if (key == HOME || key == CTRL('A'))
        now.at = 0;
    else if (key == END || key == CTRL('E'))
        now.at = now.length;
    else if (key == UP || key == CTRL('P'))
        look(now.looked + 1);
    else if ((key == DOWN || key == CTRL('N')) && now.looked)
        look(now.looked - 1);
}

static void change(int key)
{
    if ((key == '\b' || key == 0x7F) && now.at)
        cut(now.at - 1, now.at);
    else if ((key == DELETE_KEY || key == CTRL('D')) && now.at < now.length)
        cut(now.at, now.at + 1);
    else if (key == CTRL('K'))
        cut(now.at, now.length);
    else if (key == CTRL('U'))
        cut(0, now.at);
    else if (key == CTRL('W'))
        cut(word_before(), now.at);
    else if (key == CTRL('L'))
        printf("\x1b[2J\x1b[H");
}

/* TRUE: a whole line. */
static BOOL edit(void)
{
    static int last;
    for (int key; (key = read_key()) >= 0;) {
        const BOOL second = key == '\n' && last == '\r'; /* a terminal may send CR LF */
        last = key;
        if (second)
            continue;
        if (key == '\r' || key == '\n')
            return TRUE;
        if (key == CTRL('C') && now.length == 0)
            return FALSE;
        if (key == CTRL('C')) {
            printf("^C\n%s", now.prompt);
            fflush(stdout);
            cut(0, now.length);
            now.from = now.looked = 0;
            continue;
        }
        if (key >= ' ' && key != 0x7F && key < 256) {
            insert(key);
            continue;
        }
        move(key);
        change(key);
        draw();
    }
    return FALSE;
}

static void remember(const char *line)
{
    if (*line && (!entered || strcmp(history[(entered - 1) % KEPT], line)))
        strcpy(history[entered++ % KEPT], line);
}

static BOOL read_plain(char *line, size_t size)
{
    if (!fgets(line, (int)size, stdin))
        return FALSE;
    line[strcspn(line, "\r\n")] = 0;
    return TRUE;
}

/* What a program beside the prompt is amid of: for half a second at most. */
static void await_line_end(void)
{
    ULONG last;
    for (int tries = 0; tries < 10 && look_at_jobs(""); tries++) {
        written(&last);
        if (last == '\n')
            return;
        Sleep(50);
    }
}

BOOL read_line(const char *prompt, char *line, size_t size)
{
    HANDLE in = GetStdHandle(STD_INPUT_HANDLE);
    CONSOLE_SCREEN_BUFFER_INFO screen = {.dwSize = {80, 25}};
    /* As it was at first: a program that is stopped may leave another. */
    static DWORD mode;
    DWORD left;
    const BOOL console = GetConsoleMode(in, mode ? &left : &mode);
    GetConsoleScreenBufferInfo(GetStdHandle(STD_OUTPUT_HANDLE), &screen);
    now.text = line;
    now.size = size < WIDEST ? size : WIDEST;
    now.length = now.at = now.from = now.looked = 0;
    now.room = screen.dwSize.X - strlen(prompt) - 1;
    now.prompt = prompt;
    *line = 0;
    if (console) { /* before the prompt: a key after it is ours */
        SetConsoleMode(in, 0);
        await_line_end();
    }
    printf("%s", prompt);
    fflush(stdout);
    if (!console)
        return read_plain(line, size);
    const BOOL whole = edit();
    SetConsoleMode(in, mode);
    printf(whole ? "\n" : "^C\n");
    remember(line);
    return whole;
}
