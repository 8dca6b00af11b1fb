# handout.mk - make lab N=5: a student's tree of a lab, below build/handout (DIR=, SEED=, OVERLAY=).
#
#   make lab N=5 SEED=17 DIR=~/lab5      N=1,5,7: several labs stripped in one tree
DIR ?= $(O)/handout/$(subst $(comma),-,$(N))
lab: ## a student's tree of a lab: N=5 (or 1,5,7)  SEED=17  DIR=...  OVERLAY=...
	@tools/fathom handout --labs $(or $(N),$(error make lab wants the number of a lab: N=5)) \
	  $(if $(SEED),--seed $(SEED)) \
	  $(if $(OVERLAY),--overlay $(call path,$(OVERLAY))) $(call path,$(DIR))
.PHONY: lab

lab-pictures: $(SYSTEM) $(O)/gdb/offsets ## the pictures of labs 1, 3 and 5, from a stopped machine
	$(PYTHON) -B tools/grade/pictures.py
.PHONY: lab-pictures
