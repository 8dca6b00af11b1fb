# kernel.mk - ntoskrnl.exe: NASM and C, linked twice so that it carries its own symbol table.
KERNEL_C := $(call files,kernel/*.c kernel/*/*.c kernel/*/*/*.c)
KERNEL_ASM := $(call files,boot/*.asm kernel/*/*.asm kernel/*/*/*.asm)
KERNEL_OBJ := $(KERNEL_ASM:%.asm=$(O)/%.asm.o) $(KERNEL_C:%.c=$(O)/%.o) $(O)/gen/services_gen.o
KERNEL_CFLAGS := $(CFLAGS_OURS) -fstack-usage -Wno-multichar -ffreestanding -fno-builtin-printf \
  -Ikernel -Ikernel/executive \
  -DPOISON=$(if $(POISON),1,0)
KERNEL_LDFLAGS := \
  -nostdlib -Wl,--image-base,0x80100000,--section-alignment,4096,--file-alignment,4096 \
  -Wl,-T,kernel/kernel.ld -Wl,--no-insert-timestamp -Wl,--disable-reloc-section \
  -Wl,-e,_KiSystemStartup

# Where answers for programs are put together, each local variable begins as zeros, and so does the
# padding of one with an initializer: what is copied out has nothing of the kernel's stack.
ANSWERING := $(foreach room,dispatch section observe executive,$(O)/kernel/$(room)/%)
zeroed = $(if $(filter $(ANSWERING),$@), -ftrivial-auto-var-init=zero)
kernel_cc = $(CC_PE) $(KERNEL_CFLAGS)$(zeroed) -c $< -o $@ $(may_go)
$(O)/kernel/%.o: kernel/%.c FORCE | $(GEN)
	$(call product,kernel_cc)
$(O)/gen/services_gen.o: $(O)/gen/services_gen.c FORCE | $(GEN)
	$(call product,kernel_cc)
kernel_asm = $(call nasm_all,-Iinclude/ -Ikernel/ -I$(O)/gen/$(stack_fill))
stack_fill := $(if $(POISON), -P kernel/observe/poison.inc)
$(O)/kernel/%.asm.o: kernel/%.asm FORCE | $(ASM_OFFSETS)
	$(call product,kernel_asm)
$(O)/boot/%.asm.o: boot/%.asm FORCE | $(ASM_OFFSETS)
	$(call product,kernel_asm)

# Names of code never move when the table after .data grows: link, list, link again.
no_ksym = $(PYTHON) $< /dev/null $(O)/gen/ksym0.asm && $(NASM_PE) -o $@ $(O)/gen/ksym0.asm
$(O)/gen/ksym0.o: tools/ksym.py FORCE
	$(call product,no_ksym)
kernel_ld = $(CC_PE) $(KERNEL_LDFLAGS) -Wl,-Map,$(@:.exe=.map) -o $@ $(filter %.o,$^) -lgcc
$(O)/kernel/pass1.exe: $(KERNEL_OBJ) $(O)/gen/ksym0.o kernel/kernel.ld FORCE
	$(call product,kernel_ld)
ksym = $(MINGW)nm -n $< | grep -i ' t ' > $(O)/gen/ksym.txt && \
  $(PYTHON) tools/ksym.py $(O)/gen/ksym.txt $(O)/gen/ksym.asm && \
  $(NASM_PE) -o $@ $(O)/gen/ksym.asm
$(O)/gen/ksym.o: $(O)/kernel/pass1.exe tools/ksym.py FORCE
	$(call product,ksym)
$(O)/kernel/ntoskrnl.exe: $(KERNEL_OBJ) $(O)/gen/ksym.o kernel/kernel.ld FORCE
	$(call product,kernel_ld)
kernel: $(O)/kernel/ntoskrnl.exe ## build the kernel alone
.PHONY: kernel
