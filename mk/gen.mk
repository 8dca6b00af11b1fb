# gen.mk - what the tables in include/ are made into.
SERVICES_GEN := $(addprefix $(O)/gen/,services_gen.h services_types.h services_gen.c \
  stubs_gen.asm services_gen.def services_list.h)
EVENTS_GEN := $(O)/gen/events_gen.h
GEN := $(SERVICES_GEN) $(EVENTS_GEN)

make_services = $(PYTHON) tools/services.py include/services.tbl $(O)/gen && touch $@
$(O)/gen/services.made: private MAKES := $(SERVICES_GEN)
$(O)/gen/services.made: include/services.tbl tools/services.py tools/settled.py FORCE
	$(call product,make_services)
$(SERVICES_GEN): $(O)/gen/services.made ;

make_events = $(PYTHON) tools/events/make.py include/events.tbl $(EVENTS_GEN) && touch $@
$(O)/gen/events.made: private MAKES := $(EVENTS_GEN)
$(O)/gen/events.made: include/events.tbl tools/events/make.py tools/events/table.py \
  tools/settled.py FORCE
	$(call product,make_events)
$(EVENTS_GEN): $(O)/gen/events.made ;

# %define lines for NASM: a C file is compiled to text, and its lines with "->" are taken.
ASM_OFFSETS := $(O)/gen/ke_offsets.inc
make_offsets = $(CC_PE) $(KERNEL_CFLAGS) -MT $@ -MF $(basename $@).d -S $< -o $@.s $(may_go) && \
  sed -n 's/^->//p' $@.s > $@.new && \
  { cmp -s $@.new $(ASM_OFFSETS) || cp $@.new $(ASM_OFFSETS); } && touch $@
$(O)/gen/ke_offsets.made: private MAKES := $(ASM_OFFSETS)
$(O)/gen/ke_offsets.made: tools/offsets/kernel.c FORCE | $(GEN)
	$(call product,make_offsets)
$(ASM_OFFSETS): $(O)/gen/ke_offsets.made ;
