# image.mk - the UEFI loaders and the disk image.
#
# $(call efi,ARCH,NAME,BITS,LIBDIR): the same sources once for each width, as a shared object
# that objcopy turns into a PE (GNU-EFI's way: crt0 applies its own relocations).
EFI_C := $(call files,boot/efi/*.c)
EFI_CC := x86_64-linux-gnu-gcc
EFI_CFLAGS := -std=gnu11 -Os $(WARN) -I/usr/include/efi -DGNU_EFI_USE_MS_ABI -fpic -fshort-wchar -ffreestanding \
  -fno-stack-protector -fno-strict-aliasing -mno-red-zone -maccumulate-outgoing-args -fno-ident -MMD -MP \
  $(PREFIX_MAP) -I$(S)/include -I$(S)/boot/efi
EFI_SECTIONS := .text .sdata .data .dynamic .dynsym .rel .rela .rel.* .rela.* .reloc

define efi
$$(O)/efi/$(1)/%.o: $$(S)/boot/efi/%.c
	$$(product)
	$$(EFI_CC) -m$(3) $$(EFI_CFLAGS) -I/usr/include/efi/$(1) -c $$(call src,boot/efi/$$*.c) -o $$@
$$(O)/efi/$(1)/handoff.o: $$(S)/boot/efi/handoff.asm
	$$(product)
	nasm -f elf$(3) $(if $(filter 64,$(3)),-DX64) -o $$@ $$(call src,boot/efi/handoff.asm)
$$(O)/efi/$(1)/loader.so: $$(EFI_C:boot/efi/%.c=$$(O)/efi/$(1)/%.o) $$(O)/efi/$(1)/handoff.o
	ld -m $(if $(filter 64,$(3)),elf_x86_64,elf_i386) -nostdlib -znocombreloc -z noexecstack --no-warn-rwx-segments \
	  -T $(4)/elf_$(1)_efi.lds -shared -Bsymbolic -o $$@ $(4)/crt0-efi-$(1).o $$^ -L$(4) -lefi -lgnuefi
$$(O)/efi/$(2).EFI: $$(O)/efi/$(1)/loader.so
	$$(product)
	objcopy $$(addprefix -j ,$$(EFI_SECTIONS)) --target efi-app-$(1) --subsystem=10 $$< $$@
endef
$(eval $(call efi,ia32,BOOTIA32,32,/usr/lib32))
$(eval $(call efi,x86_64,BOOTX64,64,/usr/lib))
LOADERS := $(O)/efi/BOOTIA32.EFI $(O)/efi/BOOTX64.EFI

# One GPT disk with one FAT32 system partition at 1 MiB, made without mounting.  The same
# input gives the same bytes: fixed identifiers, and every time is SOURCE_DATE_EPOCH's.
$(O)/fathom.img: $(O)/kernel/ntoskrnl.exe $(O)/archive.tar $(LOADERS) $(S)/tools/mkimage.sh
	$(product)
	$(S)/tools/mkimage.sh $@ $(O)/kernel/ntoskrnl.exe $(O)/archive.tar $(LOADERS)
efi: $(LOADERS) ## build the two UEFI loaders alone
image: $(O)/fathom.img ## build the disk image: 32- and 64-bit UEFI, QEMU or a USB stick
.PHONY: efi image
