# book.mk - the path of one cold malloc, captured: the book, and the table of reading-order.md.
#
# build/book/trace.txt has every instruction, stepped in gdb; path.json the functions.
BOOK := $(O)/book

cold_cc = $(CC_PE) -O1 -g $(WARN_PROGRAM) $(PREFIX_MAP) -o $@ $<
$(BOOK)/cold.exe: tools/book/cold.c FORCE
	$(call product,cold_cc)
book_trace = FATHOM_TRACE=$@ $(FATHOM) gdb --script tools/book/trace.py $< \
  > $(BOOK)/gdb.log 2>&1 || { cat $(BOOK)/gdb.log; false; }
$(BOOK)/trace.txt: $(BOOK)/cold.exe $(SYSTEM) $(DEBUGGER) tools/book/trace.py FORCE
	$(call product,book_trace)
book_path = $(PYTHON) tools/book/path.py $(O) $< $@
$(BOOK)/path.json: $(BOOK)/trace.txt $(addprefix tools/book/,path.py source.py) \
  tools/symbolfiles/mapfile.py FORCE
	$(call product,book_path)
book_html = $(PYTHON) tools/book/book.py $< $@
$(BOOK)/chain.html: $(BOOK)/path.json $(addprefix tools/book/,book.py source.py) FORCE
	$(call product,book_html)
book_pdf = weasyprint -q $< $@
$(BOOK)/chain.pdf: $(BOOK)/chain.html FORCE
	$(call product,book_pdf)

book: $(BOOK)/chain.html $(BOOK)/chain.pdf ## the lines of a cold malloc in call order
	@echo "$(BOOK)/chain.html  $(BOOK)/chain.pdf"
reading-order: $(BOOK)/path.json ## the table of docs/reading-order.md, captured anew
	$(PYTHON) tools/book/reading.py $<
	$(IN_CHINESE)
density: $(BOOK)/path.json ## how much of the files on that path is on it
	@$(PYTHON) tools/book/reading.py --density $<
.PHONY: book reading-order density
