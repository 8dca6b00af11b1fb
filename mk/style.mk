# style.mk - what looks at the sources without building them: compile_commands.json, clang-tidy,
# hooks.
#
# The database is made from make's own commands (`make -nB V=1`), so it is what is built, for
# clangd, editors and clang-tidy alike.  It lies in $(O), where clangd looks too, since nothing is
# written outside.
DATABASE := $(O)/compile_commands.json
DATABASE_GOALS = all $(if $(EFI_HOST),$(LOADERS)) $(HOST_TESTS) $(GUEST_EXES) $(TOOL_EXES)
compdb: ## build/compile_commands.json, for clangd, editors, clang-tidy
	@mkdir -p $(O) && echo '  compile_commands.json'
	$(MAKE) -nB V=1 SETUP_DONE=yes $(DATABASE_GOALS) > $(DATABASE).commands
	$(PYTHON) tools/compdb.py $(DATABASE) $(CURDIR) $(MINGW)g++ < $(DATABASE).commands

# TIDY="FILE ...": these only.  The checks are in .clang-tidy; what they find is an error.
# Left out: programs for the guest, tests with flags of their own in several places, QEMU's plugin.
TIDY ?= $(filter-out tests/% labs/% tools/record/%,\
  $(call files,*/*.c */*/*.c */*/*/*.c */*.cpp */*/*.cpp)) $(call files,tests/host/test_*.c)
tidy: compdb $(GEN) ## clang-tidy over the sources, TIDY="FILE ..." for some of them
	@echo $(TIDY) | tr ' ' '\n' | xargs -P 2 -n 8 clang-tidy --quiet -p $(O) 2>&1 | \
	  grep -vE '^[0-9]+ warnings? generated|^Suppressed|^Use -header-filter|^$$' ; [ $$? = 1 ]

hooks: ## git looks at a commit before it is made (tools/hooks)
	git config core.hooksPath tools/hooks
.PHONY: compdb tidy hooks
