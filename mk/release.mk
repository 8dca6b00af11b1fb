# release.mk - what is handed out: the disk image, kernel and archive for Multiboot, checksums.
#
# The names carry VERSION.  The same sources and tools give the same bytes (no time, no path goes in),
# so SHA256SUMS tells two builds apart.  What a later part of the house adds, it adds to RELEASE.
VERSION := $(file <VERSION)
RELEASE_AT := $(O)/release
RELEASE = fathom.img:fathom-$(VERSION).img kernel/ntoskrnl.exe:fathom-$(VERSION)-ntoskrnl.exe \
  archive.tar:fathom-$(VERSION)-archive.tar
release: $(O)/fathom.img $(O)/kernel/ntoskrnl.exe $(O)/archive.tar ## build/release: disk image, kernel and archive, checksums
	@rm -rf $(RELEASE_AT) && mkdir -p $(RELEASE_AT)
	@for pair in $(RELEASE); do cp --sparse=always $(O)/$${pair%%:*} $(RELEASE_AT)/$${pair#*:} || exit 1; done
	@cp LICENSE CHANGELOG.md $(RELEASE_AT)
	@cd $(RELEASE_AT) && sha256sum -- *[!S] > SHA256SUMS && echo '  release/SHA256SUMS' && cat SHA256SUMS
.PHONY: release
