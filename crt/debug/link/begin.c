/* begin.c - linked into each program of the debug runtime (not into the DLL): its
 * constructor runs before the program's own and marks what mingw's start-up code has
 * taken until then as the runtime's. */
void __cdecl fathom_debug_begin(void);

int fathom_crtdbg;

__attribute__((constructor)) static void begin(void)
{
    fathom_debug_begin();
}
