# kernel.mk - ntoskrnl.exe: NASM and C, linked twice so that it carries its own symbol table.
KERNEL_C := $(call files,kernel/*.c kernel/*/*.c kernel/*/*/*.c)
KERNEL_ASM := $(call files,boot/*.asm kernel/*/*.asm kernel/*/*/*.asm)
KERNEL_OBJ := $(KERNEL_ASM:%.asm=$(O)/%.asm.o) $(KERNEL_C:%.c=$(O)/%.o) $(O)/gen/services_gen.o
KERNEL_CFLAGS := $(CFLAGS_OURS) -Wno-multichar -ffreestanding -fno-builtin-printf -I$(S)/kernel -I$(S)/kernel/executive
KERNEL_LDFLAGS := -nostdlib -Wl,--image-base,0x80100000,--section-alignment,4096,--file-alignment,4096 \
  -Wl,-T,$(S)/kernel/kernel.ld -Wl,--no-insert-timestamp -Wl,--disable-reloc-section -Wl,-e,_KiSystemStartup

$(O)/kernel/%.o: $$(call src,kernel/$$*.c) $(GEN)
	$(product)
	$(CC_PE) $(KERNEL_CFLAGS) $(call beside,kernel/$*.c) -c $< -o $@
$(O)/gen/services_gen.o: $(O)/gen/services_gen.c $(GEN)
	$(CC_PE) $(KERNEL_CFLAGS) -c $< -o $@
# The second object has the same bytes and a DWARF line table: gdb adds it by address.
$(O)/kernel/%.asm.o: $$(call src,kernel/$$*.asm) $(ASM_OFFSETS)
	$(product)
	nasm -f win32 -I$(S)/include/ -I$(S)/kernel/ -I$(O)/gen/ -o $@ $<
	nasm -f elf32 -g -F dwarf -I$(S)/include/ -I$(S)/kernel/ -I$(O)/gen/ -o $(@:.o=.dbg.o) $<
$(O)/boot/%.asm.o: $$(call src,boot/$$*.asm) $(ASM_OFFSETS)
	$(product)
	nasm -f win32 -I$(S)/include/ -I$(S)/kernel/ -I$(O)/gen/ -o $@ $<
	nasm -f elf32 -g -F dwarf -I$(S)/include/ -I$(S)/kernel/ -I$(O)/gen/ -o $(@:.o=.dbg.o) $<

# Names of code never move when the table behind .data grows: link, list, link again.
$(O)/gen/ksym0.o: $(S)/tools/ksym.py
	$(product)
	$(PYTHON) $< /dev/null $(O)/gen/ksym0.asm && cd $(O)/gen && nasm -f win32 -o ksym0.o ksym0.asm
$(O)/kernel/pass1.exe: $(KERNEL_OBJ) $(O)/gen/ksym0.o $(S)/kernel/kernel.ld
	$(CC_PE) $(KERNEL_LDFLAGS) -o $@ $(KERNEL_OBJ) $(O)/gen/ksym0.o -lgcc
$(O)/gen/ksym.o: $(O)/kernel/pass1.exe $(S)/tools/ksym.py
	$(MINGW)nm -n $< | grep -i ' t ' > $(O)/gen/ksym.txt
	$(PYTHON) $(S)/tools/ksym.py $(O)/gen/ksym.txt $(O)/gen/ksym.asm && cd $(O)/gen && nasm -f win32 -o ksym.o ksym.asm
$(O)/kernel/ntoskrnl.exe: $(KERNEL_OBJ) $(O)/gen/ksym.o $(S)/kernel/kernel.ld
	$(product)
	$(CC_PE) $(KERNEL_LDFLAGS) -Wl,-Map,$(O)/kernel/ntoskrnl.map -o $@ $(KERNEL_OBJ) $(O)/gen/ksym.o -lgcc
kernel: $(O)/kernel/ntoskrnl.exe ## build the kernel alone
.PHONY: kernel
