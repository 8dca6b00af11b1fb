/* resources.c - FindResource, LoadResource, SizeofResource, the lists of resources: of a DLL that
 * runs and of one that is mapped as data; what is not there, and directories that lead out of the
 * section. */
#include "makedll.h"

typedef struct {
    IMAGE_RESOURCE_DIRECTORY head;
    IMAGE_RESOURCE_DIRECTORY_ENTRY entry[2];
} directory;

/* Type 10, name "SEA" or 7, language 0409h (and 0407h): the texts. */
static struct {
    directory types, names, sea, seven;
    IMAGE_RESOURCE_DATA_ENTRY data[3];
    WORD name[4];
    char text[3][8];
} section = {.name = {3, 'S', 'E', 'A'}, .text = {"english", "deutsch", "number"}};

#define AT(FIELD) ((DWORD)((char *)&section.FIELD - (char *)&section))

static void lead(directory *d, int i, DWORD name, DWORD to)
{
    d->entry[i].Name = name;
    d->entry[i].OffsetToData = to;
}

static DWORD rva;

static void make(const char *name)
{
    struct dll d;
    IMAGE_NT_HEADERS32 *nt;

    dll_begin(&d, 0x26000000);
    dll_export(&d, "answer", dll_returns(&d, 42));
    rva = dll_put(&d, NULL, sizeof section);
    for (int i = 0; i < 3; i++)
        section.data[i] = (IMAGE_RESOURCE_DATA_ENTRY){rva + AT(text) + 8 * (DWORD)i,
                                                      6 + (DWORD)i, 0, 0};
    memcpy(d.image + rva, &section, sizeof section);
    dll_finish(&d, name);
    nt = (IMAGE_NT_HEADERS32 *)(d.image + ((IMAGE_DOS_HEADER *)d.image)->e_lfanew);
    nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_RESOURCE] =
        (IMAGE_DATA_DIRECTORY){rva, sizeof section};
    dll_save(&d, name, DLL_SIZE);
}

static void fill(void)
{
    const DWORD below = 0x80000000;
    section.types.head.NumberOfIdEntries = 1;
    lead(&section.types, 0, 10, below | AT(names));
    section.names.head.NumberOfNamedEntries = section.names.head.NumberOfIdEntries = 1;
    lead(&section.names, 0, below | AT(name), below | AT(sea));
    lead(&section.names, 1, 7, below | AT(seven));
    section.sea.head.NumberOfIdEntries = 2;
    lead(&section.sea, 0, 0x409, AT(data[0]));
    lead(&section.sea, 1, 0x407, AT(data[1]));
    section.seven.head.NumberOfIdEntries = 1;
    lead(&section.seven, 0, 0x409, AT(data[2]));
}

/* What a list calls back with, as one text. */
static char listed[100];
static BOOL stop;
static BOOL CALLBACK on_type(HMODULE module, LPWSTR type, LONG_PTR parameter)
{
    (void)module;
    sprintf(listed + strlen(listed), "%d:%d ", (int)(LONG_PTR)type, (int)parameter);
    return TRUE;
}
static BOOL CALLBACK on_name(HMODULE module, LPCSTR type, LPSTR name, LONG_PTR parameter)
{
    (void)module, (void)parameter;
    CHECK(type == (LPCSTR)RT_RCDATA);
    if ((ULONG_PTR)name >> 16)
        sprintf(listed + strlen(listed), "%s ", name);
    else
        sprintf(listed + strlen(listed), "%d ", (int)(LONG_PTR)name);
    return !stop;
}
static BOOL CALLBACK on_wide(HMODULE module, LPCWSTR type, LPWSTR name,
                             LONG_PTR parameter)
{
    (void)module, (void)parameter, (void)type;
    if ((ULONG_PTR)name >> 16)
        sprintf(listed + strlen(listed), "%ls ", name);
    return TRUE;
}
static BOOL CALLBACK on_language(HMODULE module, LPCSTR type, LPCSTR name, WORD language,
                                 LONG_PTR parameter)
{
    (void)module, (void)parameter, (void)type;
    CHECK(!strcmp(name, "sea"));
    sprintf(listed + strlen(listed), "%x ", language);
    return TRUE;
}

static void lists(HMODULE module)
{
    listed[0] = 0;
    CHECK(EnumResourceTypesW(module, on_type, 5) && !strcmp(listed, "10:5 "));
    listed[0] = 0;
    CHECK(EnumResourceNamesA(module, (LPCSTR)RT_RCDATA, on_name, 0));
    CHECK(!strcmp(listed, "SEA 7 "));
    listed[0] = 0;
    CHECK(EnumResourceNamesW(module, L"#10", on_wide, 0) && !strcmp(listed, "SEA "));
    listed[0] = 0;
    CHECK(EnumResourceLanguagesA(module, (LPCSTR)RT_RCDATA, "sea", on_language, 0));
    CHECK(!strcmp(listed, "409 407 "));
    listed[0] = 0;
    stop = TRUE;
    SetLastError(0);
    CHECK(!EnumResourceNamesA(module, (LPCSTR)RT_RCDATA, on_name, 0));
    CHECK(GetLastError() == ERROR_RESOURCE_ENUM_USER_STOP && !strcmp(listed, "SEA "));
    stop = FALSE;
    SetLastError(0);
    CHECK(!EnumResourceNamesA(module, (LPCSTR)RT_ICON, on_name, 0));
    CHECK_EQUAL(GetLastError(), ERROR_RESOURCE_TYPE_NOT_FOUND);
}

#define MISSES(call, error) (SetLastError(0), (call) == NULL && GetLastError() == (error))

static const char *text_of(HMODULE module, HRSRC found)
{
    CHECK(found != NULL);
    return LockResource(LoadResource(module, found));
}

static void finds(HMODULE module)
{
    const HRSRC sea = FindResourceA(module, "sea", (LPCSTR)RT_RCDATA);
    CHECK(!strcmp(text_of(module, sea), "english") && SizeofResource(module, sea) == 6);
    CHECK(!strcmp(text_of(module, FindResourceW(module, L"SEA", L"#10")), "english"));
    CHECK(
        !strcmp(text_of(module, FindResourceExA(module, (LPCSTR)RT_RCDATA, "sea", 0x407)),
                "deutsch"));
    CHECK(!strcmp(text_of(module, FindResourceA(module, "#7", (LPCSTR)RT_RCDATA)),
                  "number"));
    CHECK(MISSES(FindResourceA(module, "sea", (LPCSTR)RT_ICON),
                 ERROR_RESOURCE_TYPE_NOT_FOUND));
    CHECK(MISSES(FindResourceA(module, "seas", (LPCSTR)RT_RCDATA),
                 ERROR_RESOURCE_NAME_NOT_FOUND));
    CHECK(MISSES(FindResourceA(module, "se", (LPCSTR)RT_RCDATA),
                 ERROR_RESOURCE_NAME_NOT_FOUND));
}

int main(void)
{
    HMODULE module;

    fill();
    make("has.dll");
    module = LoadLibraryA("has.dll");
    finds(module);
    lists(module);
    CHECK(FreeLibrary(module));
    module = LoadLibraryExA("has.dll", NULL, LOAD_LIBRARY_AS_DATAFILE);
    finds(module);
    lists(module);
    CHECK(FreeLibrary(module));
    CHECK(MISSES(FindResourceA(NULL, "sea", (LPCSTR)RT_RCDATA),
                 ERROR_RESOURCE_DATA_NOT_FOUND));
    lead(&section.names, 0, 0x80000000 | AT(name), 0x80000000 | 0x7FFFFFF0);
    lead(&section.seven, 0, 0x409, 0x7FFFFFF0);
    make("broken.dll");
    module = LoadLibraryA("broken.dll");
    CHECK(MISSES(FindResourceA(module, "sea", (LPCSTR)RT_RCDATA),
                 ERROR_RESOURCE_LANG_NOT_FOUND));
    CHECK(MISSES(FindResourceA(module, "#7", (LPCSTR)RT_RCDATA),
                 ERROR_RESOURCE_LANG_NOT_FOUND));
    CHECK(FreeLibrary(module));
    return 0;
}
