# labs.mk - the labs: points for a file.  `make test-labs` shows that the graders are right.
#   make grade N=1                     the tree's own file of lab 1
#   make grade N=1 FILE=DIR/page.c     a student's; T=NAME one test, SEED=N the rules of a seed,
#                                      FORMAT=tap|junit|gradescope|classroom50
lab_file = $(shell sed -n 's/^file = "\(.*\)"/\1/p' \
  $(firstword $(wildcard labs/$(N)/lab.toml labs/$(N)-*/lab.toml)) | head -1)
grade: ## points for a lab's file: N=1 [FILE=page.c] [T=test] [SEED=n] [FORMAT=tap]
	$(if $(N),,$(error make grade N=1: which lab?  There are \
	  $(patsubst labs/%/lab.toml,%,$(call files,labs/*/lab.toml))))
	@tools/fathom grade $(T:%=--test %) \
	  $(if $(filter command%,$(origin SEED)),--seed $(SEED)) $(FORMAT:%=--format %) \
	  $(N) $(call path,$(or $(FILE),$(lab_file)))
score: ## what a lab's file costs on recorded programs: N=5, 6 or 7 [FILE=heap.c]
	$(if $(N),,$(error make score N=7: which lab?  5, 6 and 7 are scored))
	@tools/fathom score -o $(O)/score.svg $(N) $(call path,$(or $(FILE),$(lab_file))) && \
	  echo '$(O)/score.svg has the curves'
.PHONY: grade score
