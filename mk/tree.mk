# tree.mk - where make works: in this tree, or in one of links (O=, REPLACE=).
#
# Every rule reads files by their paths from the top and writes build/.  With O=DIR or REPLACE=
# make goes on in DIR/tree, which tools/tree.py lays out:
#     DIR/tree/kernel/mm/vad.c   a link to this tree's, and so for each file
#     DIR/tree/kernel/mm/page.c  a copy of MINE.c, if it is replaced
#     DIR/tree/build             a link to DIR
# So commands and dependencies are the same wherever DIR is, and a replaced header is found by
# all who include it.  DIR/settings has the DEBUG, POISON, FRONT and REPLACE of the last time;
# AGAIN=1 takes them (tools/fathom does), and what was made of a file that is now another is made
# anew.
# $(call differ,TEXT,TEXT): empty if they are the same.
differ = $(subst x$1x,,x$2x)$(subst x$2x,,x$1x)
ifeq ($(and $(IN_TREE),$(filter build,$(O))),)
ifneq ($(filter-out help clean,$(or $(MAKECMDGOALS),all)),)

ifeq ($(and $(call differ,$(O),$(CURDIR)/build),$(or \
  $(call differ,$(realpath $(O)),$(realpath build)),$(if $(realpath $(O)),,new))),)
override O := build
endif
before := $(if $(shell [ -f $(call quoted,$(O)/settings) ] && echo there),$(file <$(O)/settings))
ifdef AGAIN
$(eval $(before))
endif
define settings :=
DEBUG := $(DEBUG)
POISON := $(POISON)
FRONT := $(filter-out groups,$(FRONT))
REPLACE := $(strip $(REPLACE))
endef
ELSEWHERE := $(filter-out build,$(O))$(strip $(REPLACE))

ifneq ($(ELSEWHERE)$(call differ,$(before),$(settings)),)
problem := $(shell tools/tree.py $(foreach v,O DEBUG POISON FRONT REPLACE,$(call quoted,$($v))) \
  $$PPID 3>&2 2>&1)
$(if $(problem),$(error $(problem)))
endif

ifneq ($(ELSEWHERE),)
# Relative paths are those from where make was asked, not from the tree of links: what make would
# write there goes when that is laid out anew.
PATHS := PROGRAM GDB_SCRIPT RECORDING FILE DIR OVERLAY
from_here = $(if $(filter /% ~%,$(firstword $1)),$1,$(CURDIR)/$1)
.PHONY: $(or $(MAKECMDGOALS),all) in-tree
$(or $(MAKECMDGOALS),all): in-tree ; @:
in-tree:
	+@$(MAKE) -C $(call quoted,$(O)/tree) IN_TREE=$$PPID O=build REPLACE= \
	  DEBUG=$(DEBUG) POISON=$(POISON) FRONT=$(FRONT) \
	  $(if $(ADD),ADD='$(abspath $(ADD))') \
	  $(foreach v,$(PATHS),$(if $($v),$v=$(call quoted,$(call from_here,$($v))))) \
	  $(patsubst $(O)/%,build/%,$(MAKECMDGOALS))
endif
endif
endif
