/* debugger.c - what tools/stub reads of the kernel's structures while gdb looks at a machine.
 *
 * Compiled to assembler text and no further, as kernel.c is; build/gdb/offsets has its lines
 * `NAME offset`.
 */
#include "ps/ps.h"
#include "mm/space.h"
#include "section/shared.h"
#include "rtl/avl.h"

#define LINE(text, value)  __asm__ volatile("\n->" text " %c0" ::"i"(value))
#define FIELD(type, field) LINE(#type "." #field, offsetof(type, field))
#define SIZE(type)         LINE(#type, sizeof(type))

void KdOffsets(void)
{
    FIELD(EPROCESS, AllListEntry);
    FIELD(EPROCESS, Space);
    FIELD(EPROCESS, Id);
    FIELD(EPROCESS, Peb);
    FIELD(EPROCESS, Name);
    FIELD(EPROCESS, Handles);
    FIELD(MMSPACE, Cr3);
    FIELD(MMSPACE, Vads);
    FIELD(MMSPACE, PrivatePages);
    FIELD(MMSPACE, SharedPages);
    FIELD(MMSPACE, CommitPages);
    FIELD(MMVAD, StartingVpn);
    FIELD(MMVAD, EndingVpn);
    FIELD(MMVAD, CommitCharge);
    FIELD(MMVAD, Control);
    FIELD(MMVAD, FirstPage);
    FIELD(MMVAD, Kind);
    FIELD(MMVAD, MemCommit);
    FIELD(MMVAD, Untouched);
    FIELD(RTL_AVL_NODE, Left);
    FIELD(RTL_AVL_NODE, Right);
    FIELD(MMCONTROL, Kind);
    FIELD(MMCONTROL, File);
    FIELD(MMCONTROL, Pages);
    FIELD(MMCONTROL, SubsectionCount);
    FIELD(MMCONTROL, Subsections);
    FIELD(MMCONTROL, Shared);
    FIELD(MMSUBSECTION, FirstPage);
    FIELD(MMSUBSECTION, Pages);
    FIELD(MMSUBSECTION, FileOffset);
    FIELD(MMSUBSECTION, FileBytes);
    FIELD(MMSUBSECTION, Protection);
    SIZE(MMSUBSECTION);
    FIELD(MMFILE, Size);
    FIELD(MMFILE, Data);
    FIELD(MMFILE, Name);
}
