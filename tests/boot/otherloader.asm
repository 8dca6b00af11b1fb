; otherloader.asm - a loader in front of the kernel that says what a test wants of the memory.
;
; QEMU loads it as a Multiboot kernel, with the archive as its module.  It lays the real kernel out
; at 1 MiB, as QEMU would have done, and enters it with another memory map:
;
;   KERNEL   the file of the kernel, which is its image from the first byte
;   MAP      the file of the map: MULTIBOOT_MMAP entries
;   PLACE    physical address where map and information are to lie
;
; Assembled by tests/boot/maps.t: nasm -f bin -DKERNEL='"..."' -DMAP='"..."' -DPLACE=...

LOAD  equ 01000000h                     ; 16 MiB: clear of the kernel, which goes to 1 MiB
MAGIC equ 1BADB002h
FLAGS equ 00010003h

org LOAD
bits 32
    dd MAGIC, FLAGS, -(MAGIC + FLAGS)
    dd LOAD, LOAD, 0, 0, start          ; header, first byte, all of the file, no BSS, entry

start:
    cld
    mov esi, ebx                        ; what QEMU says: the command line, the module
    mov edi, PLACE
    mov ecx, 128 / 4
    rep movsd
    mov esi, map
    mov ecx, map_end - map
    rep movsb
    mov ebx, PLACE
    or dword [ebx], 40h                 ; there is a map:
    mov dword [ebx + 44], map_end - map ; its bytes
    mov dword [ebx + 48], PLACE + 128   ; its address
    mov esi, kernel
    mov edi, 00100000h
    mov ecx, kernel_end - kernel
    rep movsb
    mov esi, 00100000h                  ; the kernel's own header says where to enter
.header:
    add esi, 4
    cmp dword [esi], MAGIC
    jne .header
    mov eax, 2BADB002h
    jmp [esi + 28]

align 16
map: incbin MAP
map_end:
align 4096
kernel: incbin KERNEL
kernel_end:
