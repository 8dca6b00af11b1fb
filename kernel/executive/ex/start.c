/* start.c - the end of start-up: what the boot line asks for is run, then the power goes
 * off.
 *
 *   (nothing) walk.exe --all on the console; its exit status is the machine's
 *   shell     walk.exe, one screen of it, then shell.exe
 *   run       the run list (runlist.c)
 *   init=X    X instead of walk.exe
 */
#include "exp.h"

static NTSTATUS ExpWaitForEnd(EPROCESS *process)
{
    KeWaitForSingleObject(process, FALSE, FALSE, NULL);
    NTSTATUS status = process->ExitStatus;
    ObDereferenceObject(process);
    return status;
}

/* A program on the console, to its end; its exit status, or why it did not start. */
static NTSTATUS ExpRunOnConsole(const WCHAR *path, const WCHAR *line)
{
    EPROCESS *process;
    const PSCREATE create = {
        .ImagePath = path, .CommandLine = line, .GlobalFlag = KeBootNumber("gflags", 0)};
    NTSTATUS status = PsCreateInitialProcess(&create, &process);
    if (!NT_SUCCESS(status)) {
        DbgPrint("fathom: %S: could not start (%08x)\n", path, (unsigned)status);
        return status;
    }
    return ExpWaitForEnd(process);
}

/* The program that init= names, or walk.exe. */
static NTSTATUS ExpRunFirst(void)
{
    WCHAR path[80] = L"C:\\";
    const char *name = KeBootOption("init");
    ULONG i = 0;
    const WCHAR *line = NULL;
    if (name == NULL || *name == 0 || *name == ' ') {
        name = "walk.exe";
        line = KeBootOption("shell") != NULL ? L"walk" : L"walk --all";
    }
    for (; name[i] && name[i] != ' ' && i < 70; i++)
        path[3 + i] = (UCHAR)name[i];
    NTSTATUS status = ExpRunOnConsole(path, line ? line : path);
    if (KdHostPresent) {
        const ULONG verdict[4] = {0, 0, status, 0};
        KdHostSend('X', verdict, sizeof verdict);
    }
    return status;
}

static ULONGLONG ExpSeed =
    0x4661746F6D31ULL; /* "Fatom1": any will do, as long as it is fixed */

/* splitmix64: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators"
 * (2014). */
ULONGLONG ExRandom(void)
{
    ULONGLONG z = ExpSeed += 0x9E3779B97F4A7C15ULL;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ z >> 27) * 0x94D049BB133111EBULL;
    return z ^ z >> 31;
}

/* The last frame repeats the token; then nothing more may be said. */
static void ExpSayGoodbye(void)
{
    const char *token = KeBootOption("token");
    ULONG length = 0;
    while (token != NULL && token[length] && token[length] != ' ')
        length++;
    KdHostSend('Q', token, length);
}

void ExPowerOff(void)
{
    ExpSayGoodbye();
    KdPowerOff(KD_POWEROFF_ORDERLY);
}

static BOOLEAN ExpIsWord(const char *word, const char *known)
{
    const SIZE_T length = strlen(known);
    return memcmp(word, known, length) == 0 && (word[length] == 0 || word[length] == '=');
}

/* Names each word of the command line that nothing here asks for, but for the name of the kernel's
 * file, which some loaders put first (Multiboot Specification 0.6.96, section 3.3). */
static void ExpNameUnknownWords(void)
{
    static const char *const known[] = {BOOT_WORDS};
    for (const char *word = KeBootWords; *word != 0; word += strlen(word) + 1) {
        ULONG i = 0, length = strlen(word);
        while (i < sizeof known / sizeof *known && !ExpIsWord(word, known[i]))
            i++;
        const BOOLEAN file = length > 4 && strcmp(word + length - 4, ".exe") == 0;
        if (i == sizeof known / sizeof *known && !(file && word == KeBootWords))
            DbgPrint("Fathom: ignored: %s, a word that the kernel does not know\n", word);
    }
}

static void ExpStart(void *context)
{
    (void)context;
    ExpNameUnknownWords();
    if (KeBootOption("seed") != NULL)
        ExpSeed = KeBootNumber("seed", 0);
    KdHostCommand = ExHostCommand;
    ExInitializeConditions();
    if (KeBootOption("run") != NULL) {
        if (!ExRunList())
            DbgPrint("fathom: the archive has no run list\n");
    } else {
        ExRunList(); /* which then only places files */
        PsListenToConsole();
        ExpRunFirst();
        if (KeBootOption("shell") != NULL)
            ExpRunOnConsole(L"C:\\shell.exe", L"shell");
    }
    ExPowerOff();
}

void ExStart(void)
{
    ETHREAD *thread;
    const NTSTATUS status = PsCreateSystemThread(ExpStart, NULL, &thread);
    if (!NT_SUCCESS(status))
        KeBugCheckEx(HAL_INITIALIZATION_FAILED, status, 0, 0, 0);
}
