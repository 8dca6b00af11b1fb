# site.mk - what a newcomer sees first: the README's picture, the Chinese pages, the web site.
#
# The picture is the replay page of tools/book/cold.c, a frame an event (tools/web/animate.py).
RECORDS := $(SYSTEM) $(O)/record/recorder.so $(O)/web/layouts.json
replay_page = $(FATHOM) replay --mem 64 -o $@ $<
$(O)/site-replays/cold.html: $(BOOK)/cold.exe $(RECORDS) $(FATHOM_PY) $(WEB_PY) \
  $(call files,web/*/*.js web/*/*.css include/*.tbl) FORCE
	$(call product,replay_page)
picture: $(O)/site-replays/cold.html ## docs/pictures/malloc*.webp, which README.md shows, anew
	$(PYTHON) tools/web/animate.py $< docs/pictures/malloc
# After a page that runs write: the Chinese page shows the same.
IN_CHINESE = @if command -v po4a-updatepo >/dev/null; then $(PYTHON) tools/site/chinese.py; \
  else echo '  make chinese, too: docs/zh shows the same'; fi

# Each of these ends in the Chinese pages: `make -j2 tutorial chinese` runs one after the other,
# chinese last.
PAGES := reading-order readme events behaviour attacks-captured front-ends sessions tutorial chinese
before_it :=
$(foreach goal,$(filter $(MAKECMDGOALS),$(PAGES)),\
  $(if $(before_it),$(eval $(goal): | $(before_it)))$(eval before_it := $(goal)))

chinese: ## po/ and the Chinese pages, after a change of the English ones
	$(PYTHON) tools/site/chinese.py
tutorial: $(SYSTEM) $(DEBUGGER) ## what docs/tutorial, reports.md, tracing.md show, captured anew
	$(PYTHON) tools/site/tutorial.py $(call files,docs/tutorial/[1-9]-*.md)
	$(PYTHON) tools/site/examples.py docs/reports.md docs/tracing.md
site: $(BOOK)/cold.exe $(RECORDS) $(LESSONS) $(DEBUGGER)
site: ## build/site: all documents and replays as a web site, in English and Chinese
	@$(PYTHON) tools/site/pages.py $(O)
.PHONY: picture chinese tutorial site
