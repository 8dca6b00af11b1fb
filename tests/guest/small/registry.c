/* registry.c - advapi32's registry: empty, read-only, and true to that in every answer. */
/* link: -ladvapi32 */
#include "documented.h"

int main(void)
{
    HKEY key = (HKEY)1;
    DWORD size = 7, type = 7, keys = 7, values = 7, disposition = 7;
    BYTE data[8];

    documented("RegOpenKeyEx", "a key that is not there: ERROR_FILE_NOT_FOUND", SAME,
               RegOpenKeyExA(HKEY_LOCAL_MACHINE, "Software\\Microsoft", 0, KEY_READ,
                             &key) == ERROR_FILE_NOT_FOUND &&
                   RegOpenKeyExW(HKEY_CURRENT_USER, L"Software", 0, KEY_READ, &key) ==
                       ERROR_FILE_NOT_FOUND);
    documented("RegOpenKeyEx", "a predefined key and no name: the same handle", SAME,
               RegOpenKeyExA(HKEY_CURRENT_USER, NULL, 0, KEY_READ, &key) == 0 &&
                   key == HKEY_CURRENT_USER && RegCloseKey(key) == 0);
    documented("RegOpenKeyEx", "what is no key: ERROR_INVALID_HANDLE", SAME,
               RegOpenKeyExA((HKEY)0x1234, "Software", 0, KEY_READ, &key) ==
                       ERROR_INVALID_HANDLE &&
                   RegCloseKey(NULL) == ERROR_INVALID_HANDLE);
    documented("RegQueryValueEx", "a value that is not there: ERROR_FILE_NOT_FOUND", SAME,
               RegQueryValueExA(HKEY_LOCAL_MACHINE, "x", NULL, &type, data, &size) ==
                       ERROR_FILE_NOT_FOUND &&
                   size == 7);
    documented("RegQueryValueEx", "data without a size: ERROR_INVALID_PARAMETER", SAME,
               RegQueryValueExA(HKEY_LOCAL_MACHINE, "x", NULL, NULL, data, NULL) ==
                   ERROR_INVALID_PARAMETER);
    documented("RegEnumKeyEx", "no more subkeys: ERROR_NO_MORE_ITEMS", SAME,
               RegEnumKeyExA(HKEY_CLASSES_ROOT, 0, (char *)data, &size, NULL, NULL, NULL,
                             NULL) == ERROR_NO_MORE_ITEMS &&
                   RegEnumValueW(HKEY_USERS, 0, (WCHAR *)data, &size, NULL, NULL, NULL,
                                 NULL) == ERROR_NO_MORE_ITEMS);
    documented("RegQueryInfoKey", "the numbers of subkeys and values", SAME,
               RegQueryInfoKeyW(HKEY_LOCAL_MACHINE, NULL, NULL, NULL, &keys, NULL, NULL,
                                &values, NULL, NULL, NULL, NULL) == 0 &&
                   keys == 0 && values == 0);
    documented(
        "RegCreateKeyEx", "the right to create is missing: ERROR_ACCESS_DENIED", SAME,
        RegCreateKeyExA(HKEY_CURRENT_USER, "Software\\Mine", 0, NULL, 0, KEY_ALL_ACCESS,
                        NULL, &key, &disposition) == ERROR_ACCESS_DENIED &&
            key == NULL);
    documented("RegCreateKeyEx", "a key that is there is opened", SAME,
               RegCreateKeyExW(HKEY_CURRENT_USER, L"", 0, NULL, 0, KEY_READ, NULL, &key,
                               &disposition) == 0 &&
                   key == HKEY_CURRENT_USER && disposition == REG_OPENED_EXISTING_KEY);
    documented("RegSetValueEx",
               "the right to set a value is missing: ERROR_ACCESS_DENIED", SAME,
               RegSetValueExA(HKEY_CURRENT_USER, "x", 0, REG_DWORD, data, 4) ==
                   ERROR_ACCESS_DENIED);
    documented("RegDeleteKey", "a key that is not there: ERROR_FILE_NOT_FOUND", SAME,
               RegDeleteKeyA(HKEY_CURRENT_USER, "Software") == ERROR_FILE_NOT_FOUND &&
                   RegDeleteValueA(HKEY_CURRENT_USER, "x") == ERROR_FILE_NOT_FOUND);
    return undocumented();
}
