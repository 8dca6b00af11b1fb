# setup.mk - before anything is built: are the tools here?
#
# Looked at while make reads its files, so that nothing, python3 included, is needed before.
SETUP_FREE := help clean
SETUP_GROUP := $(if $(filter attacks-table,$(MAKECMDGOALS)),attacks,$(if $(filter bench-host heap-cost,$(MAKECMDGOALS)),bench,$(if $(filter test test-% check-% gdb lint fuzz coverage corrupt preload bench-preload,$(MAKECMDGOALS)),test,run)))
ifneq ($(or $(filter-out $(SETUP_FREE),$(MAKECMDGOALS)),$(if $(MAKECMDGOALS),,all)),)
ifeq ($(findstring n,$(filter-out --%,$(firstword $(MAKEFLAGS))))$(SETUP_DONE),)
ifneq ($(shell $(S)/tools/setup.sh $(SETUP_GROUP) >&2 && echo ready),ready)
$(error what is named above is missing)
endif
endif
endif
export SETUP_DONE := yes
export PYTHONDONTWRITEBYTECODE := 1
