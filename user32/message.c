/* message.c - MessageBox, on a system that draws nothing: the text goes to standard error.
 *
 *     Title: the text of the box [Yes] No Cancel
 *
 * Nobody is there to choose, so the box returns at once with the answer that stands in brackets:
 * its default button, as if Enter had been pressed.  A box with one button shows none.  No window
 * is looked at, and no flag but those of buttons and the default has an effect.
 */
#include "user.h"

static const struct {
    BYTE Count, Answer[3];
    LPCSTR Name[3];
} boxes[] = {
    [MB_OK] = {1, {IDOK}, {"OK"}},
    [MB_OKCANCEL] = {2, {IDOK, IDCANCEL}, {"OK", "Cancel"}},
    [MB_ABORTRETRYIGNORE] = {3,
                             {IDABORT, IDRETRY, IDIGNORE},
                             {"Abort", "Retry", "Ignore"}},
    [MB_YESNOCANCEL] = {3, {IDYES, IDNO, IDCANCEL}, {"Yes", "No", "Cancel"}},
    [MB_YESNO] = {2, {IDYES, IDNO}, {"Yes", "No"}},
    [MB_RETRYCANCEL] = {2, {IDRETRY, IDCANCEL}, {"Retry", "Cancel"}},
    [MB_CANCELTRYCONTINUE] = {3,
                              {IDCANCEL, IDTRYAGAIN, IDCONTINUE},
                              {"Cancel", "Try Again", "Continue"}},
};

static void Say(LPCSTR text)
{
    DWORD written;
    WriteFile(GetStdHandle(STD_ERROR_HANDLE), text, lstrlenA(text), &written, NULL);
}

/* The button's answer; 0 with ERROR_INVALID_MSGBOX_STYLE. */
static int Show(LPCSTR text, LPCSTR title, UINT type)
{
    const UINT kind = type & MB_TYPEMASK;
    UINT chosen = (type & MB_DEFMASK) >> 8;
    if (kind >= sizeof boxes / sizeof *boxes) {
        SetLastError(ERROR_INVALID_MSGBOX_STYLE);
        return 0;
    }
    if (chosen >= boxes[kind].Count)
        chosen = 0;
    Say(title ? title : "Error");
    Say(": ");
    Say(text ? text : "");
    for (UINT i = 0; i < boxes[kind].Count && boxes[kind].Count > 1; i++) {
        Say(i == chosen ? " [" : " ");
        Say(boxes[kind].Name[i]);
        Say(i == chosen ? "]" : "");
    }
    Say("\n");
    return boxes[kind].Answer[chosen];
}

/* In the page of the console; NULL: none was given, or there is no memory. */
static LPSTR Narrow(LPCWSTR text)
{
    const UINT page = GetConsoleOutputCP();
    const int size =
        text ? WideCharToMultiByte(page, 0, text, -1, NULL, 0, NULL, NULL) : 0;
    LPSTR narrow = size ? HeapAlloc(GetProcessHeap(), 0, size) : NULL;
    if (narrow)
        WideCharToMultiByte(page, 0, text, -1, narrow, size, NULL, NULL);
    return narrow;
}

int WINAPI MessageBoxExA(HWND owner, LPCSTR text, LPCSTR title, UINT type, WORD language)
{
    (void)owner, (void)language;
    return Show(text, title, type);
}

int WINAPI MessageBoxExW(HWND owner, LPCWSTR text, LPCWSTR title, UINT type,
                         WORD language)
{
    (void)owner, (void)language;
    LPSTR narrow = Narrow(text), above = Narrow(title);
    const int answer = Show(narrow, above, type);
    HeapFree(GetProcessHeap(), 0, narrow);
    HeapFree(GetProcessHeap(), 0, above);
    return answer;
}

int WINAPI MessageBoxA(HWND owner, LPCSTR text, LPCSTR title, UINT type)
{
    return MessageBoxExA(owner, text, title, type, 0);
}

int WINAPI MessageBoxW(HWND owner, LPCWSTR text, LPCWSTR title, UINT type)
{
    return MessageBoxExW(owner, text, title, type, 0);
}
