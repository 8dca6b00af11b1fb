/* port.h - the ports, for the host: the test is the device. */
#ifndef FATHOM_TEST_PORT_H
#define FATHOM_TEST_PORT_H

#include "nthost.h"

void KdOut8(USHORT port, UCHAR value);
UCHAR KdIn8(USHORT port);

#endif
