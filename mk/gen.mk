# gen.mk - what the tables in include/ are made into.
comma := ,
GEN := $(O)/gen/services_gen.h $(O)/gen/services_gen.c $(O)/gen/stubs_gen.asm $(O)/gen/services_gen.def $(O)/gen/services_list.h $(O)/gen/events_gen.h
$(O)/gen/services_gen.h $(O)/gen/services_gen.c $(O)/gen/stubs_gen.asm $(O)/gen/services_gen.def $(O)/gen/services_list.h &: $(S)/include/services.tbl $(S)/tools/services.py
	$(product)
	$(PYTHON) $(S)/tools/services.py $(S)/include/services.tbl $(O)/gen
# %define lines for NASM: a C file is compiled to text, and its lines with "->" are taken.
ASM_OFFSETS := $(O)/gen/ke_offsets.inc
$(O)/gen/ke_offsets.inc: $(S)/tools/offsets/kernel.c $(O)/gen/services_gen.h $(O)/gen/events_gen.h
	$(product)
	$(CC_PE) $(KERNEL_CFLAGS) -MT $@ -MF $@.d -S $< -o $@.s
	sed -n 's/^->//p' $@.s > $@
$(O)/gen/events_gen.h: $(S)/include/events.tbl $(S)/tools/events.py
	$(product)
	$(PYTHON) $(S)/tools/events.py $(S)/include/events.tbl $@
