/* late.c - for delayload.t: a DLL that is loaded at its first call. */
__declspec(dllexport) int late_answer(int number)
{
    return number + 30;
}
