/* fileinformation - what GetFileInformationByHandleEx says of an open file. */
#include "documented.h"

int main(void)
{
    struct {
        FILE_NAME_INFO name;
        WCHAR more[MAX_PATH];
    } name;
    FILE_BASIC_INFO basic;
    FILE_STANDARD_INFO standard;
    FILE_ATTRIBUTE_TAG_INFO tag;
    DWORD written;
    HANDLE file = CreateFileA("information.tmp", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                              CREATE_ALWAYS,
                              FILE_ATTRIBUTE_NORMAL | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    CHECK(file != INVALID_HANDLE_VALUE && WriteFile(file, "12345", 5, &written, NULL));
    documented("GetFileInformationByHandleEx", "FileBasicInfo: times and attributes",
               SAME,
               GetFileInformationByHandleEx(file, FileBasicInfo, &basic, sizeof basic) &&
                   basic.LastWriteTime.QuadPart != 0 &&
                   basic.FileAttributes == GetFileAttributesA("information.tmp"));
    documented(
        "GetFileInformationByHandleEx",
        "FileStandardInfo: allocation, end of file, links, whether a directory", SAME,
        GetFileInformationByHandleEx(file, FileStandardInfo, &standard,
                                     sizeof standard) &&
            standard.EndOfFile.QuadPart == 5 && standard.AllocationSize.QuadPart >= 5 &&
            standard.NumberOfLinks == 1 && !standard.Directory);
    documented("GetFileInformationByHandleEx",
               "FileNameInfo: the name from the volume's root, its length in bytes", SAME,
               GetFileInformationByHandleEx(file, FileNameInfo, &name, sizeof name) &&
                   name.name.FileName[0] == L'\\' && name.name.FileNameLength >= 32 &&
                   !memcmp((char *)name.name.FileName + name.name.FileNameLength - 32,
                           L"\\information.tmp", 32));
    documented(
        "GetFileInformationByHandleEx", "FileAttributeTagInfo: no reparse point", SAME,
        GetFileInformationByHandleEx(file, FileAttributeTagInfo, &tag, sizeof tag) &&
            tag.FileAttributes == basic.FileAttributes);
    documented("GetFileInformationByHandleEx", "a buffer that is too small: it fails",
               SAME,
               FAILS(GetFileInformationByHandleEx(file, FileBasicInfo, &basic, 8),
                     ERROR_BAD_LENGTH));
    documented("GetFileInformationByHandleEx",
               "a class for SetFileInformationByHandle only: ERROR_INVALID_PARAMETER",
               SAME,
               FAILS(GetFileInformationByHandleEx(file, FileEndOfFileInfo, &basic, 40),
                     ERROR_INVALID_PARAMETER));
    CloseHandle(file);
    return undocumented();
}
