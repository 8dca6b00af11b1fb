# release.mk - what is handed out: the disk image, kernel and archive for Multiboot, the replay page
# of one malloc, the web site, the machine in a tab, each lab as a student gets it, checksums.
#
#   SYSTEM_ONLY=yes   the system alone, without what mkdocs and the labs make
#   LABS="1-page"     these labs alone
#
# The names carry VERSION.  The same sources and tools give the same bytes (no time, no path goes
# in), so SHA256SUMS tells two builds apart.  What a later part of the house adds, it adds to
# RELEASE.
VERSION := $(file <VERSION)
RELEASE_AT := $(O)/release
RELEASE = fathom.img:fathom-$(VERSION).img kernel/ntoskrnl.exe:fathom-$(VERSION)-ntoskrnl.exe \
  archive.tar:fathom-$(VERSION)-archive.tar
# The machine in a tab wants npm's packages.  Where they cannot be had the release has no tab, and
# says so.
RELEASE_TAB := $(if $(SYSTEM_ONLY),,web/fathom.html:fathom-$(VERSION)-tab.html)
RELEASE_MORE := $(if $(SYSTEM_ONLY),,$(O)/site-replays/cold.html site $(O)/web/ready)
release: $(O)/fathom.img $(O)/kernel/ntoskrnl.exe $(O)/archive.tar $(RELEASE_MORE)
release: ## build/release: image, kernel, archive, replay, site, tab, labs, checksums
	@rm -rf $(RELEASE_AT) && mkdir -p $(RELEASE_AT)
	@for pair in $(RELEASE); do \
	  cp --sparse=always $(O)/$${pair%%:*} $(RELEASE_AT)/$${pair#*:} || exit 1; done
	@cp LICENSE CHANGELOG.md $(RELEASE_AT)
	@for pair in $(RELEASE_TAB); do if test -e $(O)/web/missing; then \
	  echo "  no tab in the release: $$(cat $(O)/web/missing)"; \
	  else cp $(O)/$${pair%%:*} $(RELEASE_AT)/$${pair#*:}; fi || exit 1; done
	$(if $(SYSTEM_ONLY),,@$(PYTHON) tools/site/release.py $(O) $(VERSION) $(LABS))
	@cd $(RELEASE_AT) && sha256sum -- *[!S] > SHA256SUMS && echo '  release/SHA256SUMS' && \
	  cat SHA256SUMS
.PHONY: release
