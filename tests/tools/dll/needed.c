/* needed - the DLL that needs.exe needs. */
__declspec(dllexport) int NeededSeven(void)
{
    return 7;
}
