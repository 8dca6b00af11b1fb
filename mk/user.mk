# user.mk - the DLLs, each a real PE32 with a .def of its own, and the programs.
#
# $(call dll,NAME,FOLDERS,BASE,LIBRARIES,FLAGS,OBJECTS,DEFS): $(O)/bin/NAME.dll from all C, C++
# and NASM files of FOLDERS and FOLDERS[0]/NAME.def (and DEFS), an import library
# $(O)/lib/libNAME.a beside it.  A .def has plain names or Name@N: tools/exports.py finds the
# stdcall decoration of the plain ones, --kill-at takes it off again in the DLL, and the import
# library has both.
DLLS :=
define dll
$(1)_C := $$(call files,$$(addsuffix /*.c,$(2)))
$(1)_CPP := $$(call files,$$(addsuffix /*.cpp,$(2)))
$(1)_ASM := $$(call files,$$(addsuffix /*.asm,$(2)))
$(1)_OBJ := $$($(1)_C:%.c=$$(O)/dll/%.o) $$($(1)_CPP:%.cpp=$$(O)/dll/%.o) \
  $$($(1)_ASM:%.asm=$$(O)/dll/%.o) $(6)
$(1)_DEF := $$(call src,$(firstword $(2))/$(1).def) $(7)
DLLS += $$(O)/bin/$(1).dll
$$(O)/lib/$(1).def: $$($(1)_OBJ) $$($(1)_DEF) $$(patsubst %,$$(O)/lib/lib%.a,$(4)) $$(S)/tools/exports.py
	$$(product)
	$$(PYTHON) $$(S)/tools/exports.py $$@ $$(MINGW)nm $$($(1)_DEF) -- $$($(1)_OBJ) \
	  $$(patsubst %,$$(O)/lib/lib%.a,$(4))
$$(O)/lib/lib$(1).a: $$(O)/lib/$(1).def
	cd $$(@D) && $$(MINGW)dlltool -k -t $(1) -d $$(abspath $$<) -l $$(@F)
$$(O)/bin/$(1).dll: $$($(1)_OBJ) $$(O)/lib/$(1).def $$(patsubst %,$$(O)/lib/lib%.a,$(4))
	$$(product)
	$$(CC_PE) -shared -nostdlib -Wl,--image-base,$(3) -Wl,--no-insert-timestamp -Wl,--kill-at \
	  -Wl,-Map,$$(O)/bin/$(1).map -o $$@ $$($(1)_OBJ) $$(O)/lib/$(1).def \
	  $$(patsubst %,$$(O)/lib/lib%.a,$(4)) $(5) -lgcc
endef
# $(call cflags,FOLDER): extra flags for the C files of one folder
USER_CFLAGS := $(CFLAGS_OURS) -I$(S)

$(O)/dll/%.o: $$(call src,$$*.c) $(GEN)
	$(product)
	$(CC_PE) $(USER_CFLAGS) $(CFLAGS_$(firstword $(subst /, ,$*))) $(call beside,$*.c) -c $< -o $@
$(O)/dll/%.o: $$(call src,$$*.cpp) $(GEN)
	$(product)
	$(MINGW)g++ $(filter-out -std=%,$(USER_CFLAGS)) -std=gnu++17 \
	  $(CFLAGS_$(firstword $(subst /, ,$*))) $(call beside,$*.cpp) -c $< -o $@
$(O)/dll/%.o: $$(call src,$$*.asm)
	$(product)
	nasm -f win32 -I$(S)/include/ -o $@ $<
	nasm -f elf32 -g -F dwarf -I$(S)/include/ -o $(@:.o=.dbg.o) $<
$(O)/dll/stubs_gen.o: $(O)/gen/stubs_gen.asm
	$(product)
	nasm -f win32 -o $@ $<
	nasm -f elf32 -g -F dwarf -o $(@:.o=.dbg.o) $<

CFLAGS_ntdll := -ffreestanding -D_NTSYSTEM_ -D_CRTIMP= -I$(S)/ntdll
# The heap's common path makes no call: it needs no room for one's arguments.
$(O)/dll/ntdll/heap/%.o: CFLAGS_ntdll += -mno-accumulate-outgoing-args -mno-stack-arg-probe -mpreferred-stack-boundary=2 -Wframe-larger-than=2048
CFLAGS_kernel32 := -ffreestanding -D_KERNEL32_ -I$(S)/kernel32
# The runtimes define what the stock headers declare as imported.
CFLAGS_crt := -ffreestanding -fno-partial-inlining -fno-ipa-sra -fno-ipa-cp -D_CRTBLD -D_CRTIMP= -D_SECIMP= -I$(S)/crt
CFLAGS_ole32 := -D_OLE32_ -fno-partial-inlining -I$(S)/ole32
CFLAGS_oleaut32 := -D_OLEAUT32_ -fno-partial-inlining -I$(S)/oleaut32
CFLAGS_fathom := -ffreestanding -I$(S)/fathom

$(eval $(call dll,ntdll,ntdll $(addprefix ntdll/heap/,core front check gflags api) ntdll/ldr,0x7C900000,,-Wl$(comma)-e$(comma)0,$(O)/dll/stubs_gen.o,$(O)/gen/services_gen.def))
$(eval $(call dll,kernel32,kernel32,0x7C800000,ntdll,-Wl$(comma)-e$(comma)_DllMain@12))
MSVCRT_DEFS := $(addprefix $(S)/crt/msvcrt/,wide.def locale.def process.def more.def)
# mingw-w64 12 moved the x87 code of these out of libmingwex into its import library of msvcrt.dll:
# $(MATH) holds them from there, and is empty where libmingwex still has them.
MATH := $(O)/lib/libmath.a
MATH_MEMBERS := -e '_common_a-\(atan2\|ceil\|cos\|exp\|fabs\|floor\|fmod\|log\|modf\|pow\|sin\|sqrt\)\.o$$'
$(MATH):
	$(product)
	@rm -rf $@ $(@D)/math && mkdir $(@D)/math
	stock=$$($(CC_PE) -print-file-name=libmsvcrt-os.a) && cd $(@D)/math && \
	  for m in $$($(MINGW)ar t $$stock | grep $(MATH_MEMBERS)); do $(MINGW)ar x $$stock $$m || exit 1; done && \
	  $(MINGW)ar qcD ../$(@F) $$(ls)
	@rm -r $(@D)/math
$(O)/bin/msvcrt.dll $(O)/bin/msvcrtd.dll: $(MATH)
$(eval $(call dll,msvcrt,crt/msvcrt crt/new,0x77C10000,kernel32,-lmingwex $(MATH) $(O)/lib/libkernel32.a -Wl$(comma)-e$(comma)_DllMain@12,,\
  $(MSVCRT_DEFS)))
# The debug runtime: msvcrt's objects but for the heap and new, and the debug layer in their place.
MSVCRTD_OBJ := $(filter-out %/msvcrt/heap.o %/new/new.o,$(msvcrt_OBJ))
$(eval $(call dll,msvcrtd,crt/debug,0x10200000,kernel32,-lmingwex $(MATH) $(O)/lib/libkernel32.a -Wl$(comma)-e$(comma)_DllMain@12,\
  $(MSVCRTD_OBJ),$(S)/crt/msvcrt/msvcrt.def $(MSVCRT_DEFS)))
$(eval $(call dll,cw3220,crt/borland,0x32600000,kernel32,-Wl$(comma)-e$(comma)_DllMain@12))
$(eval $(call dll,ole32,ole32,0x774E0000,kernel32 ntdll,-luuid -Wl$(comma)-e$(comma)_DllMain@12))
$(eval $(call dll,oleaut32,oleaut32,0x77120000,ole32 kernel32,-luuid -Wl$(comma)-e$(comma)_DllMain@12))
$(eval $(call dll,psapi,psapi,0x76BF0000,kernel32,-Wl$(comma)-e$(comma)0))
$(eval $(call dll,fathom,fathom,0x6FA00000,ntdll,-Wl$(comma)-e$(comma)0))

# For programs: $(O)/lib/crt has -lfathomcrt, the names of msvcrt.dll that mingw's import library
# lacks, and -lcw3220, the heap of cw3220.dll; -L$(O)/lib/debug makes msvcrtd.dll a program's C library (crt/include/crtdbg.h): its
# libmsvcrt.a names our import library and what is real code in mingw's.
CRT_LIBS := $(O)/lib/crt/libfathomcrt.a $(O)/lib/crt/libcw3220.a $(O)/lib/debug/libmsvcrt.a
$(O)/lib/crt/libcw3220.a: $(S)/crt/borland/link/heap.def
$(O)/lib/crt/libfathomcrt.a: $(S)/crt/msvcrt/lacking.def
$(O)/lib/crt/libcw3220.a $(O)/lib/crt/libfathomcrt.a:
	$(product)
	cd $(@D) && $(MINGW)dlltool -k -d $(abspath $<) -l $(@F)
$(O)/lib/debug/libmsvcrt.a: $(O)/lib/libmsvcrtd.a $(O)/dll/crt/debug/link/begin.o $(S)/crt/debug/link/oldnames.def
	$(product)
	cp $< $(@D)/libmsvcrtd.a
	$(MINGW)ar qc $(@D)/libmsvcrtd.a $(O)/dll/crt/debug/link/begin.o
	rm -rf $(@D)/rest $(@D)/libmsvcrtrest.a && mkdir $(@D)/rest
	stock=$$($(CC_PE) -print-file-name=libmsvcrt-os.a) && cd $(@D)/rest && \
	  $(MINGW)ar x $$stock $$($(MINGW)ar t $$stock | grep -- '_a-') && $(MINGW)ar qc ../libmsvcrtrest.a *.o
	rm -r $(@D)/rest
	cd $(@D) && $(MINGW)dlltool -k -d $(abspath $(S)/crt/debug/link/oldnames.def) -l libmsvcrtold.a
	echo 'EXTERN(_fathom_crtdbg) GROUP(-lmsvcrtd -lmsvcrtold -lmsvcrtrest)' > $@

# Programs: built as anyone builds a Win32 console program, with the stock start-up and libraries.
PROGRAM_CFLAGS := -O2 -g $(PREFIX_MAP) -Wall -Wextra -fno-omit-frame-pointer -I$(S)/include
PROGRAMS := $(patsubst user/%.c,$(O)/bin/%.exe,$(call files,user/*.c)) \
  $(patsubst user/%.cpp,$(O)/bin/%.exe,$(call files,user/*.cpp)) $(O)/bin/walk.exe
$(O)/bin/%.exe: $$(call src,user/$$*.c)
	$(product)
	$(MINGW)gcc $(PROGRAM_CFLAGS) -MMD -MF $(O)/bin/$*.d $< -o $@
$(O)/bin/%.exe: $$(call src,user/$$*.cpp)
	$(product)
	$(MINGW)g++ $(PROGRAM_CFLAGS) -static -MMD -MF $(O)/bin/$*.d $< -o $@ $(call said,link,$<)
# The one that shows the debug runtime.  ld orders imports by the paths of their libraries, so
# that path must be the same wherever $(O) is.
$(O)/bin/leaks.exe: $(call src,user/leaks.c) $(wildcard $(S)/crt/include/*.h) | $(O)/lib/debug/libmsvcrt.a
	$(product)
	$(MINGW)gcc $(PROGRAM_CFLAGS) -D_DEBUG -I$(S)/crt/include -c $< -o $(O)/bin/leaks.o
	cd $(O) && $(MINGW)gcc -Llib/debug bin/leaks.o -o bin/leaks.exe
WALK_SRC := $(call files,user/walk/*.cpp)
$(O)/bin/walk.exe: $(foreach f,$(WALK_SRC),$(call src,$(f))) $(wildcard $(S)/user/walk/*.h $(S)/include/*.h) $(GEN)
	$(product)
	$(MINGW)g++ $(PROGRAM_CFLAGS) -I$(O)/gen -iquote $(S)/user/walk -static $(foreach f,$(WALK_SRC),$(call src,$(f))) -o $@ -lole32

# The archive: everything that runs, without line tables, names kept (COFF symbols).
$(O)/archive.tar: $(DLLS) $(PROGRAMS)
	$(product)
	@rm -rf $(O)/archive && mkdir -p $(O)/archive
	@for f in $^; do $(MINGW)objcopy --strip-debug $$f $(O)/archive/$$(basename $$f) || exit 1; done
	tar --format=ustar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C $(O)/archive -cf $@ .
all: $(O)/kernel/ntoskrnl.exe $(O)/archive.tar $(CRT_LIBS)
