# GNUmakefile - a handout's own targets.  GNU make reads this file before Makefile, which is the
# system's and knows all the rest (`make run`, `make gdb`, `make -f Makefile help`).
#
#   make                 builds, runs the shown tests of the lab, says what is wrong
#   make test T=name     one test, with all that it says
#   make gdb T=name      gdb, stopped in your function at the call that fails
#   make record T=name   a recording of that call, to step forward and back
#   make bench           what the shown tests cost, in instructions
#   N=5                  with several labs in one handout: which one (the first)
STUDENTS := test gdb record bench lab help
ifneq ($(or $(IN_TREE),$(filter-out $(STUDENTS),$(MAKECMDGOALS)),\
  $(if $(filter gdb record,$(MAKECMDGOALS)),$(if $(T),,whole))),)
include Makefile
else
.PHONY: all $(STUDENTS)
all: test
test gdb record bench:
	@tools/fathom lab $@ $(if $(N),--lab $(N)) $(T)
lab: test
help:
	@sed -n 's/^#   //p' GNUmakefile
	@echo '`make -f Makefile help` lists the system's goals (its own test, gdb and bench too)'
endif
