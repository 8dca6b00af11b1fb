# book.mk - the path of one cold malloc, captured: the book, and the table of reading-order.md.
#
# build/book/trace.txt has every instruction, stepped in gdb; path.json the functions.
BOOK := $(O)/book
BOOK_TOOLS := $(addprefix $(S)/tools/book/,path.py source.py)

$(BOOK)/cold.exe: $(S)/tools/book/cold.c
	$(product)
	$(CC_PE) -O1 -g -Wall -Wextra $(PREFIX_MAP) -o $@ $<
$(BOOK)/trace.txt: $(BOOK)/cold.exe $(SYSTEM) $(O)/gdb/ready $(S)/tools/book/trace.py
	$(product)
	FATHOM_TRACE=$@ $(FATHOM) gdb --script $(S)/tools/book/trace.py $< > $(BOOK)/gdb.log 2>&1 || { cat $(BOOK)/gdb.log; false; }
$(BOOK)/path.json: $(BOOK)/trace.txt $(BOOK_TOOLS)
	$(product)
	$(PYTHON) $(S)/tools/book/path.py $(O) $< $@
$(BOOK)/chain.html: $(BOOK)/path.json $(S)/tools/book/book.py
	$(product)
	$(PYTHON) $(S)/tools/book/book.py $< $@
$(BOOK)/chain.pdf: $(BOOK)/chain.html
	$(product)
	weasyprint -q $< $@

book: $(BOOK)/chain.html $(BOOK)/chain.pdf ## the lines of one cold malloc in call order, to read and to print
	@echo "$(BOOK)/chain.html  $(BOOK)/chain.pdf"
reading-order: $(BOOK)/path.json ## the table of docs/reading-order.md, captured anew
	$(PYTHON) $(S)/tools/book/reading.py $<
density: $(BOOK)/path.json ## how much of the files on that path is on it
	@$(PYTHON) $(S)/tools/book/reading.py --density $<
.PHONY: book reading-order density
