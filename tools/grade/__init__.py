"""The grader of the labs: vet, build, run, judge, explain.  labs/FORMAT.md is what it reads."""
