# web.mk - what the pages in web/ need of the system: the layouts of its structures.
layouts = FATHOM_LAYOUTS='{"out": "$@", "files": ["$<", "$(word 2,$^)"]}' \
  $(or $(FATHOM_GDB_PROGRAM),gdb) -nx -batch -x tools/web/layouts.py >$@.log 2>&1 && \
  test -s $@ || { cat $@.log >&2; exit 1; }
$(O)/web/layouts.json: $(O)/kernel/ntoskrnl.exe $(O)/bin/ntdll.dll \
  $(call files,tools/web/layouts.py tools/gdb/words/*.py) FORCE
	$(call product,layouts)

# What reads the system's files and recordings for the pages; fathom, which makes the recordings.
WEB_PY := $(call files,$(patsubst %,tools/%/*.py,events record stub symbolfiles web) \
  tools/leb128.py)
FATHOM_PY := $(call files,tools/fathom tools/services.py tools/settled.py tools/host/*.py \
  tools/trace/*.py)

# The machine in a tab.  What it takes from npm is pinned by web/package-lock.json.
WEB_SITE := $(O)/web/fathom.html
WEB_FROM := $(SYSTEM) $(O)/web/cold.exe $(O)/web/layouts.json include/events.tbl \
  include/services.tbl web/package-lock.json docs/reading-order.md \
  $(call files,web/*/*.js web/*/*.css web/tab/index.html) $(WEB_PY)
$(O)/web/cold.exe: $(O)/book/cold.exe FORCE
	$(call product,strip)
web_site = PYTHONPATH=tools $(PYTHON) -m web.npm $(O) && \
  PYTHONPATH=tools $(PYTHON) -m web.tab $(O) && rm -f $(O)/web/missing
$(WEB_SITE): private MAKES := $(O)/web/site/index.html
$(WEB_SITE): $(WEB_FROM) FORCE
	$(call product,web_site)
web: $(WEB_SITE) ## the machine in a browser's tab: build/web/site, and fathom.html for a disk
	@echo '  $(O)/web/fathom.html works from disk; make web-serve hands out $(O)/web/site'
# For the tests: the site, or build/web/missing, which says why there is none.  No test needs a
# network: what npm has to bring is brought here, once.
# Where it fails there is no web/ready, so the next make tries again.
tab_ready = mkdir -p $(@D) && rm -f $@ $(O)/web/missing && \
  if { $(web_site); } >$(O)/web/log 2>&1; then touch $@; \
  else echo "make web first: $$(tail -n 1 $(O)/web/log)" >$(O)/web/missing; fi
$(O)/web/ready: $(WEB_FROM) FORCE
	$(call product,tab_ready)
PORT ?= 8000
web-serve: $(WEB_SITE) ## build/web/site on http://127.0.0.1:8000 (PORT=), without a network
	$(done)
	$(PYTHON) -m http.server --bind 127.0.0.1 --directory $(O)/web/site $(PORT)
.PHONY: web web-serve
