/* user.h - what the files of user32 share.  It calls kernel32 alone, and draws nothing. */
#ifndef FATHOM_USER_H
#define FATHOM_USER_H

#define _USER32_
#include <windows.h>

#endif
