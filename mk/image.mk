# image.mk - the UEFI loaders and the disk image.
#
# The same sources once for each width, as a shared object that objcopy turns into a PE (GNU-EFI's
# way: crt0 applies its own relocations).
EFI_C := $(call files,boot/efi/*.c)
EFI_CC := x86_64-linux-gnu-gcc
EFI_CFLAGS := -std=gnu11 -Os $(WARN) -I/usr/include/efi -DGNU_EFI_USE_MS_ABI -fpic -fshort-wchar \
  -ffreestanding -fno-stack-protector -fno-strict-aliasing -mno-red-zone \
  -maccumulate-outgoing-args -fno-ident -MMD -MP \
  $(PREFIX_MAP) -Iinclude -Iboot/efi
EFI_SECTIONS := .text .rodata .sdata .data .dynamic .dynsym .rel .rela .rel.* .rela.* .reloc

EFI_ARCHS := ia32 x86_64
ia32_EFI := BOOTIA32
ia32_BITS := 32
ia32_LIB := /usr/lib32
ia32_LD := elf_i386
x86_64_EFI := BOOTX64
x86_64_BITS := 64
x86_64_LIB := /usr/lib
x86_64_LD := elf_x86_64
x86_64_NASM := -DX64

# $(call efi,ARCH): $(O)/efi/ARCH_EFI.EFI; the variables above say how.
define efi
efi_cc_$1 = $(EFI_CC) -m$($1_BITS) $(EFI_CFLAGS) -I/usr/include/efi/$1 -c $$< -o $$@ $$(may_go)
$(O)/efi/$1/%.o: boot/efi/%.c FORCE
	$$(call product,efi_cc_$1)
efi_asm_$1 = nasm -M -MP -MT $$@ -MF $$(basename $$@).d $$< && \
  nasm -f elf$($1_BITS) $($1_NASM) -o $$@ $$<
$(O)/efi/$1/handoff.o: boot/efi/handoff.asm FORCE
	$$(call product,efi_asm_$1)
$1_OBJ := $(EFI_C:boot/efi/%.c=$(O)/efi/$1/%.o) $(O)/efi/$1/handoff.o
efi_ld_$1 = ld -m $($1_LD) -nostdlib -znocombreloc -z noexecstack --no-warn-rwx-segments \
  -T $($1_LIB)/elf_$1_efi.lds -shared -Bsymbolic -o $$@ $($1_LIB)/crt0-efi-$1.o $$($1_OBJ) \
  -L$($1_LIB) -lefi -lgnuefi
$(O)/efi/$1/loader.so: $$($1_OBJ) FORCE
	$$(call product,efi_ld_$1)
efi_pe_$1 = objcopy $(addprefix -j ,$(EFI_SECTIONS)) --target efi-app-$1 --subsystem=10 $$< $$@
$(O)/efi/$($1_EFI).EFI: $(O)/efi/$1/loader.so FORCE
	$$(call product,efi_pe_$1)
endef
$(foreach arch,$(EFI_ARCHS),$(eval $(call efi,$(arch))))
LOADERS := $(foreach arch,$(EFI_ARCHS),$(O)/efi/$($(arch)_EFI).EFI)

# One GPT disk with one FAT32 system partition at 1 MiB, made without mounting.  The same
# input gives the same bytes: fixed identifiers, and every time is SOURCE_DATE_EPOCH's.
image = SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) tools/mkimage.sh $@ \
  $(O)/kernel/ntoskrnl.exe $(O)/archive.tar $(LOADERS)
$(O)/fathom.img: $(O)/kernel/ntoskrnl.exe $(O)/archive.tar $(LOADERS) tools/mkimage.sh FORCE
	$(call product,image)
efi: $(LOADERS) ## build the two UEFI loaders alone
image: $(O)/fathom.img ## build the disk image: 32- and 64-bit UEFI, QEMU or a USB stick
.PHONY: efi image
