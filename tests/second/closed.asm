; closed.asm - in place of dispatch/sysenter.asm: a door that lets no call in.
global _KiFastCallEntry, _KiFastCallEntry.saved, _KiSysenterStack
section .text
_KiFastCallEntry:
    ud2
.saved:
    jmp .saved
section .data align=16
    times 64 dd 0
_KiSysenterStack: dd 0
