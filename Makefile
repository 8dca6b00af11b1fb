# Fathom: `make run` boots it and shows the walk, `make test` runs every test, `make help` lists the rest.
#
# One make over the whole tree: each fragment in mk/ knows one part of the house.  Nothing is
# written outside $(O); O=DIR builds elsewhere, and the source tree may be read-only.
#   DEBUG=1                        -Og and every checker on
#   V=1                            the whole commands, not one short line for each product
#   REPLACE="kernel/mm/page.c=MINE.c ..."   build with another file in place of one of ours

O ?= build
S := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: all help
all: # the first target; the fragments say what it is

# One short line for each thing that is built; V=1 shows the whole commands, -s nothing.
ifndef V
.SILENT:
said_nothing := $(findstring s,$(filter-out --%,$(firstword $(MAKEFLAGS))))
endif
product = @mkdir -p $(@D)$(if $(V)$(said_nothing),,; echo '  $(@:$(O)/%=%)')

# $(call src,PATH): the file to compile for PATH, after REPLACE.
replacement = $(strip $(foreach r,$(REPLACE),$(if $(filter $(1)=%,$(r)),$(patsubst $(1)=%,%,$(r)))))
src = $(or $(call replacement,$(1)),$(S)/$(1))
# A replacement finds the headers that lie beside the file it stands for.
beside = $(if $(call replacement,$(1)),-iquote $(S)/$(patsubst %/,%,$(dir $(1))))
# What was built with other replacements is built again.
replaced := $(foreach r,$(shell cat $(O)/gen/replace 2>/dev/null) $(REPLACE),$(firstword $(subst =, ,$(r))))
ifneq ($(strip $(shell cat $(O)/gen/replace 2>/dev/null)),$(strip $(REPLACE)))
$(shell mkdir -p $(O)/gen; echo '$(REPLACE)' > $(O)/gen/replace; \
  $(foreach f,$(replaced),rm -f $(O)/$(basename $(f)).o $(O)/dll/$(basename $(f)).o $(O)/$(f).o $(O)/dll/$(f).o;) \
  $(if $(filter %.def,$(replaced)),rm -f $(O)/bin/*.dll;) $(if $(filter user/%,$(replaced)),rm -f $(O)/bin/*.exe))
endif
.SECONDEXPANSION:
# $(call files,PATTERN ...): source paths relative to the top.
files = $(patsubst $(S)/%,%,$(sort $(wildcard $(addprefix $(S)/,$(1)))))

# The same sources give the same bytes wherever they lie and whenever they are built.
PREFIX_MAP := -ffile-prefix-map=$(abspath $(S))=. -ffile-prefix-map=$(abspath $(O))=build
export SOURCE_DATE_EPOCH ?= 1577836800

PYTHON ?= python3
MINGW := i686-w64-mingw32-
CC_PE := $(MINGW)gcc
WARN := -Wall -Wextra -Werror
OPT := $(if $(DEBUG),-Og -DDEBUG=1,-O2)
# Frame pointers, set up at a function's start, and no tail calls: a walk of EBP must find every
# function of the chain.  Variables are tracked without assignments, or gdb would call arguments
# optimized out from the prologue on, though they lie in their stack slots.
CFLAGS_OURS := -std=gnu11 $(OPT) -g $(WARN) -march=i686 -mtune=generic -mno-sse -fno-omit-frame-pointer \
  -fno-optimize-sibling-calls -fno-shrink-wrap -fno-partial-inlining -fno-strict-aliasing -fno-asynchronous-unwind-tables \
  -fno-var-tracking-assignments -fno-ident -MMD -MP \
  $(PREFIX_MAP) -I$(S)/include -I$(O)/gen

include $(S)/mk/setup.mk $(S)/mk/gen.mk $(S)/mk/kernel.mk $(S)/mk/user.mk $(S)/mk/image.mk $(S)/mk/run.mk $(S)/mk/book.mk $(S)/mk/heap.mk $(S)/mk/test.mk

help: ## this list
	@grep -hE '^[a-z][a-z0-9-]*:.*## ' $(S)/Makefile $(S)/mk/*.mk | sort | sed -E 's/^([a-z0-9-]+):.*## /  \1\t/' | expand -t 16
	@echo '  test-NAME     the tests with NAME in their path'
	@echo 'with: O=DIR (build there)  DEBUG=1  V=1 (whole commands)  REPLACE="kernel/mm/page.c=MINE.c ..."'
	@echo '      run, walk, gdb: MEM=MB  CPU=MODEL  BOOT=multiboot|ia32|x64 (run)  ADD="FILE ..." (more on C:)'
	@echo '      gdb: PROGRAM=FILE.exe  ARGS="..."'

clean: ## remove what was built
	rm -rf $(O)
.PHONY: clean
-include $(shell find $(O) -name '*.d' 2>/dev/null)
