/* message.h - the system's message texts, for FormatMessage. */
#ifndef FATHOM_MESSAGE_H
#define FATHOM_MESSAGE_H

#include "k32.h"

/* The text of a Win32 error or of an NTSTATUS, without line end; NULL: none. */
LPCWSTR BasepSystemMessage(DWORD id);

#endif
