# setup.mk - before anything is built: are the tools here?
#
# Looked at while make reads its files, so that nothing, python3 included, is needed before.
# HOST is the machine that builds.  The UEFI loaders are built on x86-64 alone (they want its
# compiler and GNU-EFI); Multiboot needs none, so elsewhere it is what `make run` boots by.
HOST := $(or $(FATHOM_HOST),$(shell uname -m))
EFI_HOST := $(filter x86_64,$(HOST))
BOOT ?= $(if $(EFI_HOST),x64,multiboot)

SETUP_FREE := help clean hooks
# What a goal needs is the first group of this list that names it; else base.
SETUP_attacks := attacks-table
SETUP_bench := bench-host heap-cost
SETUP_long := test-long
SETUP_test := test
SETUP_check := test-% check-% lint fuzz coverage corrupt preload bench-preload
SETUP_web := web web-serve editor
SETUP_style := tidy style
SETUP_gdb := gdb sessions tutorial %recorder.so %layouts.json
SETUP_book := book reading-order density
SETUP_chinese := chinese
SETUP_site := picture site
SETUP_release := $(if $(SYSTEM_ONLY),,release)
SETUP_window := $(if $(filter gtk sdl,$(SCREEN)),run)
SETUP_programs := programs
SETUP_run := $(if $(filter multiboot,$(BOOT)),,run) image efi bench release %.EFI %.img
setup_for = $(firstword \
  $(foreach g,attacks bench programs long release site chinese web test check style book \
  gdb window run,$(if $(filter $(SETUP_$(g)),$(1)),$(g))) base)
SETUP_GOALS := $(filter-out $(SETUP_FREE),$(or $(MAKECMDGOALS),all))
# One test is not all of them: what it needs beside group check is in its head (# tools: GROUP; and
# # long tools: GROUP, under FATHOM_LONG), and make test-NAME asks for it.
tests_of = $(foreach t,$(wildcard tests/*/*.t tests/*.t),$(if $(findstring $1,$(t)),$(t)))
tools_of = $(shell awk 'FNR > 6 { nextfile } \
  sub(/^\# $(if $(FATHOM_LONG),(long )?)tools: /, "")' $(call tests_of,$1) /dev/null)
SETUP_GROUPS := $(sort $(foreach goal,$(SETUP_GOALS),$(call setup_for,$(goal)) \
  $(if $(filter test-%,$(filter-out test-long test-host,$(goal))),\
    $(call tools_of,$(goal:test-%=%)))))

ifneq ($(SETUP_GOALS),)
ifeq ($(EFI_HOST),)
ifneq ($(or $(filter ia32 x64,$(BOOT)),\
  $(filter image efi release test %.EFI %.img,$(SETUP_GOALS))),)
$(error UEFI loaders are built on x86-64 hosts alone, and this is $(HOST): use BOOT=multiboot)
endif
$(if $(filter run,$(SETUP_GOALS)),\
  $(info   BOOT=multiboot, as this host ($(HOST)) builds no UEFI loader))
endif
ifeq ($(findstring n,$(filter-out --%,$(firstword $(MAKEFLAGS))))$(SETUP_DONE),)
said_ready = $(shell FATHOM_HOST=$(HOST) tools/setup.sh $1 >&2 && echo ready)
ifneq ($(foreach g,$(SETUP_GROUPS),$(call said_ready,$(g))),$(SETUP_GROUPS:%=ready))
$(error what is named above is missing)
endif
endif
endif
export SETUP_DONE := yes
export PYTHONDONTWRITEBYTECODE := 1
