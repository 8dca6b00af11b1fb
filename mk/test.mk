# test.mk - make test.
