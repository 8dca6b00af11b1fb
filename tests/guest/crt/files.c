/* files.c - streams and descriptors: text and binary, buffers, places, errors. */
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <string.h>
#include <sys/stat.h>
#include "check.h"

#define NAME "crtfiles.tmp"

static void text_mode(void)
{
    char bytes[64];
    FILE *stream = fopen(NAME, "w");
    CHECK(stream != NULL);
    CHECK(fprintf(stream, "one\ntwo %d\n", 2) == 10);
    CHECK(fputs("three\n", stream) == 0);
    CHECK(ftell(stream) == 19);
    CHECK(fclose(stream) == 0);
    stream = fopen(NAME, "rb");
    CHECK(fread(bytes, 1, sizeof(bytes), stream) == 19);
    CHECK(memcmp(bytes, "one\r\ntwo 2\r\nthree\r\n", 19) == 0);
    CHECK(feof(stream) && !ferror(stream));
    CHECK(fclose(stream) == 0);
    stream = fopen(NAME, "r");
    CHECK(fgets(bytes, sizeof(bytes), stream) && strcmp(bytes, "one\n") == 0);
    CHECK(ftell(stream) == 5);
    CHECK(fgetc(stream) == 't' && ungetc('T', stream) == 'T' && fgetc(stream) == 'T');
    CHECK(fseek(stream, 12, SEEK_SET) == 0);
    CHECK(fgets(bytes, 3, stream) && strcmp(bytes, "th") == 0);
    rewind(stream);
    int lines = 0;
    while (fgets(bytes, sizeof(bytes), stream))
        lines++;
    CHECK(lines == 3 && feof(stream));
    CHECK(fclose(stream) == 0);
}

static void update(void)
{
    char bytes[64];
    FILE *stream = fopen(NAME, "r+b");
    CHECK(stream != NULL);
    CHECK(fread(bytes, 1, 3, stream) == 3);
    CHECK(fseek(stream, 0, SEEK_CUR) == 0);
    CHECK(fwrite("XY", 1, 2, stream) == 2);
    CHECK(fseek(stream, -4, SEEK_END) == 0);
    CHECK(fread(bytes, 1, 4, stream) == 4 && memcmp(bytes, "ee\r\n", 4) == 0);
    CHECK(fclose(stream) == 0);
    stream = fopen(NAME, "ab");
    CHECK(fputs("end", stream) == 0 && fclose(stream) == 0);
    stream = fopen(NAME, "rb");
    size_t length = fread(bytes, 1, sizeof(bytes), stream);
    CHECK(length == 22 && memcmp(bytes, "oneXYtwo", 8) == 0 &&
          memcmp(bytes + 19, "end", 3) == 0);
    CHECK(fclose(stream) == 0);
}

static void large(void)
{
    FILE *stream = fopen(NAME, "w+b");
    int value, sum = 0;
    CHECK(setvbuf(stream, NULL, _IOFBF, 512) == 0);
    for (int i = 0; i < 5000; i++)
        CHECK(fwrite(&i, sizeof(i), 1, stream) == 1);
    CHECK(ftell(stream) == 20000);
    rewind(stream);
    while (fread(&value, sizeof(value), 1, stream) == 1)
        sum += value;
    CHECK(sum == 12497500);
    CHECK(fseek(stream, 4000, SEEK_SET) == 0 && fread(&value, 4, 1, stream) == 1 &&
          value == 1000);
    CHECK(fclose(stream) == 0);
}

static void descriptors(void)
{
    char bytes[16];
    int fd = _open(NAME, _O_CREAT | _O_TRUNC | _O_RDWR | _O_BINARY, _S_IREAD | _S_IWRITE);
    CHECK(fd >= 3 && _write(fd, "hello\n", 6) == 6);
    CHECK(_lseek(fd, 1, SEEK_SET) == 1 && _read(fd, bytes, 16) == 5);
    CHECK(memcmp(bytes, "ello\n", 5) == 0 && _eof(fd) == 1 && _filelength(fd) == 6);
    CHECK(!_isatty(fd) && _setmode(fd, _O_TEXT) == _O_BINARY);
    CHECK(_write(fd, "\n", 1) == 1 && _filelength(fd) == 8);
    int other = _dup(fd);
    CHECK(other > fd && _tell(other) == 8 && _close(other) == 0);
    CHECK(_chsize(fd, 3) == 0 && _filelength(fd) == 3);
    CHECK(_close(fd) == 0 && _close(fd) == -1 && errno == EBADF);
    struct stat about;
    CHECK(stat(NAME, &about) == 0 && about.st_size == 3 && (about.st_mode & S_IFREG));
}

static void names(void)
{
    CHECK(_access(NAME, 0) == 0 && rename(NAME, NAME "2") == 0);
    CHECK(_access(NAME, 0) == -1 && errno == ENOENT);
    CHECK(fopen(NAME, "r") == NULL && errno == ENOENT);
    CHECK(remove(NAME "2") == 0 && remove(NAME "2") == -1 && errno == ENOENT);
    FILE *stream = fopen(NAME, "q");
    CHECK(stream == NULL);
}

/* 512 streams at once, the three standard ones among them, until one asks for more. */
static void most(void)
{
    static FILE *open[600];
    int count = 0;
    errno = 0;
    while (count < 600 && (open[count] = fopen("NUL", "r")) != NULL)
        count++;
    CHECK(count == 509 && errno == EMFILE && _getmaxstdio() == 512);
    CHECK(_setmaxstdio(3000) == -1 && _setmaxstdio(600) == 600);
    while (count < 600 && (open[count] = fopen("NUL", "r")) != NULL)
        count++;
    CHECK(count == 597);
    while (count > 0)
        CHECK(fclose(open[--count]) == 0);
    CHECK(_setmaxstdio(512) == 512);
}

int main(void)
{
    most();
    text_mode();
    update();
    large();
    descriptors();
    names();
    return 0;
}
