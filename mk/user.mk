# user.mk - the DLLs, each a real PE32 with a .def of its own, and the programs.
#
# $(O)/bin/NAME.dll comes from all C, C++ and NASM files of NAME_FOLDERS and the exports that the
# first of them lists in NAME.def; beside it an import library, $(O)/lib/libNAME.a.
#   NAME_BASE   where it is loaded           NAME_USES   the DLLs of ours that it imports from
#   NAME_LINK   more for the linker          NAME_MORE   more objects
#   NAME_DEFS   more .def files
# A .def has plain names or Name@N: tools/exports.py finds the stdcall decoration of the plain
# ones, --kill-at takes it off again in the DLL, and the import library has both.
DLL_NAMES := ntdll kernel32 msvcrt msvcrtd cw3220 ole32 oleaut32 psapi advapi32 user32 \
  shell32 shlwapi fathom
NO_ENTRY := -Wl,-e,0
DLL_MAIN := -Wl,-e,_DllMain@12

# The heap's front end: FRONT=windows7 takes ntdll/heap/front/windows7 in place of groups.c and its
# neighbours (front.h).
ifeq ($(or $(FRONT),$(wildcard ntdll/heap/front/groups.c)),)
FRONT := lab# a handout of lab 6: the student's
endif
FRONT_FOLDER := ntdll/heap/front$(addprefix /,$(filter-out groups,$(FRONT)))
FRONT_FLAGS := \
  $(foreach name,$(filter-out groups,$(FRONT)),-DFRONT_FILE='"heap/front/$(name)/$(name).h"')
ntdll_FOLDERS := ntdll ntdll/heap/core $(FRONT_FOLDER) $(addprefix ntdll/heap/,check gflags api) \
  ntdll/ldr
ntdll_BASE := 0x7C900000
ntdll_LINK := $(NO_ENTRY)
# Last, so that what a lesson steps through stays where it is.
ntdll_CRT := $(call files,ntdll/crt/*.c ntdll/crt/*.asm)
ntdll_MORE := $(O)/dll/stubs_gen.o $(addprefix $(O)/dll/,$(addsuffix .o,$(basename $(ntdll_CRT))))
ntdll_DEFS := $(O)/gen/services_gen.def

kernel32_FOLDERS := kernel32
kernel32_BASE := 0x7C800000
kernel32_USES := ntdll
kernel32_LINK := $(DLL_MAIN)

# mingw-w64 12 moved the code of these (imaxabs.o has _abs64) out of libmingwex into its import
# library of msvcrt.dll.  $(MATH) holds them from there, and is empty where libmingwex still has
# them.
MATH := $(O)/lib/libmath.a
MATH_MEMBERS := -e '_common_a-\(atan2\|ceil\|copysign\|cos\|exp\|fabs\|floor\|fmod\)\.o$$' \
  -e '_common_a-\(log\|logb\|modf\|pow\|sin\|sqrt\)\.o$$' \
  -e '_extra_a-imaxabs\.o$$'
math_library = rm -rf $@ $(@D)/math && mkdir $(@D)/math && cd $(@D)/math && \
  stock=$$($(CC_PE) -print-file-name=libmsvcrt-os.a) && \
  for m in $$($(MINGW)ar t $$stock | grep $(MATH_MEMBERS)); do \
    $(MINGW)ar x $$stock $$m || exit 1; done && \
  $(MINGW)ar qcD ../$(@F) $$(ls) && cd .. && rm -r math
$(MATH): FORCE
	$(call product,math_library)
$(O)/bin/msvcrt.dll $(O)/bin/msvcrtd.dll: $(MATH)

msvcrt_FOLDERS := crt/msvcrt crt/new
msvcrt_BASE := 0x77C10000
msvcrt_USES := kernel32
msvcrt_LINK := -lmingwex $(MATH) -lmingwex $(O)/lib/libkernel32.a $(DLL_MAIN)
msvcrt_DEFS := $(addprefix crt/msvcrt/,wide.def locale.def process.def more.def classes.def)

# The debug runtime: msvcrt's objects but for the heap and new, and the debug layer in their place.
msvcrtd_FOLDERS := crt/debug
msvcrtd_BASE := 0x10200000
msvcrtd_USES := kernel32
msvcrtd_LINK := $(msvcrt_LINK)
msvcrtd_MORE = $(filter-out %/msvcrt/heap.o %/msvcrt/resize.o %/new/new.o,$(msvcrt_OBJ))
msvcrtd_DEFS := crt/msvcrt/msvcrt.def $(msvcrt_DEFS)

cw3220_FOLDERS := crt/borland
cw3220_BASE := 0x32600000
cw3220_USES := kernel32
cw3220_LINK := $(DLL_MAIN)

ole32_FOLDERS := ole32
ole32_BASE := 0x774E0000
ole32_USES := kernel32 ntdll
ole32_LINK := -luuid $(DLL_MAIN)

oleaut32_FOLDERS := oleaut32
oleaut32_BASE := 0x77120000
oleaut32_USES := ole32 kernel32
oleaut32_LINK := -luuid $(DLL_MAIN)

psapi_FOLDERS := psapi
psapi_BASE := 0x76BF0000
psapi_USES := kernel32
psapi_LINK := $(NO_ENTRY)

# Small DLLs of what console programs import: each says in its first lines what it can honestly do.
advapi32_BASE := 0x77DD0000
user32_BASE := 0x7E410000
shell32_BASE := 0x73800000
shlwapi_BASE := 0x77F60000
SMALL_DLLS := advapi32 user32 shell32 shlwapi
$(foreach name,$(SMALL_DLLS),$(eval $(name)_FOLDERS := $(name))\
  $(eval $(name)_USES := kernel32)$(eval $(name)_LINK := $(NO_ENTRY))\
  $(eval CFLAGS_$(name) := -ffreestanding -fno-tree-loop-distribute-patterns -I$(name)))

fathom_FOLDERS := fathom
fathom_BASE := 0x6FA00000
fathom_USES := ntdll
fathom_LINK := $(NO_ENTRY)

define dll
$1_SRC := $$(foreach kind,c cpp asm,$$(call files,$$(addsuffix /*.$$(kind),$$($1_FOLDERS))))
$1_OBJ := $$(addprefix $$(O)/dll/,$$(addsuffix .o,$$(basename $$($1_SRC)))) $$($1_MORE)
$1_DEF := $$(firstword $$($1_FOLDERS))/$1.def $$($1_DEFS)
$1_LIBS := $$($1_USES:%=$$(O)/lib/lib%.a)
endef
$(foreach name,$(DLL_NAMES),$(eval $(call dll,$(name))))
DLLS := $(DLL_NAMES:%=$(O)/bin/%.dll)
# BACK=standin, in a handout of lab 5: the system's heap has another free list than the student's,
# which only labheap.dll has (mk/heap.mk).
ifeq ($(BACK),standin)
STANDIN := $(O)/dll/labs/5-backend/standin/freelist.o
ntdll_OBJ := $(patsubst $(O)/dll/ntdll/heap/core/freelist.o,$(STANDIN),$(ntdll_OBJ))
endif

# The exports are found anew with each object, but the list and the import library stay as they
# are while the exports are the same: then nothing else is linked again.
exports = $(PYTHON) tools/exports.py $(O)/lib/$*.def \
  $(MINGW)nm $($*_DEF) -- $($*_OBJ) $($*_LIBS) && touch $@
$(DLL_NAMES:%=$(O)/lib/%.made): $(O)/lib/%.made: $$($$*_OBJ) $$($$*_DEF) $$($$*_LIBS) \
  tools/exports.py tools/settled.py FORCE
	$(call product,exports)
$(foreach name,$(DLL_NAMES),$(eval $(O)/lib/$(name).made: private MAKES := $(O)/lib/$(name).def))
$(DLL_NAMES:%=$(O)/lib/%.def): %.def: %.made ;
import_library = (cd $(@D) && $(MINGW)dlltool -k -t $* -d $(<F) -l $(@F)) && \
  $(PYTHON) tools/hints.py $< $@
$(DLL_NAMES:%=$(O)/lib/lib%.a): $(O)/lib/lib%.a: $(O)/lib/%.def tools/hints.py FORCE
	$(call product,import_library)
dll_ld = $(CC_PE) -shared -nostdlib -Wl,--image-base,$($*_BASE) -Wl,--no-insert-timestamp \
  -Wl,--kill-at \
  -Wl,-Map,$(O)/bin/$*.map -o $@ $($*_OBJ) $(O)/lib/$*.def $($*_LIBS) $($*_LINK) -lgcc
$(DLLS): $(O)/bin/%.dll: $$($$*_OBJ) $(O)/lib/%.def $$($$*_LIBS) FORCE
	$(call product,dll_ld)

# CFLAGS_FOLDER: more flags for the C and C++ files of one folder.
USER_CFLAGS := $(CFLAGS_OURS) -I.
folder_flags = $(CFLAGS_$(firstword $(subst /, ,$*)))
dll_cc = $(CC_PE) $(USER_CFLAGS) $(folder_flags) -c $< -o $@ $(may_go)
dll_cxx = $(MINGW)g++ $(filter-out -std=%,$(USER_CFLAGS)) -std=gnu++17 $(folder_flags) -c $< -o $@ \
  $(may_go)
dll_asm = $(call nasm_all,-Iinclude/)
$(O)/dll/%.o: %.c FORCE | $(GEN)
	$(call product,dll_cc)
$(O)/dll/%.o: %.cpp FORCE | $(GEN)
	$(call product,dll_cxx)
$(O)/dll/%.o: %.asm FORCE
	$(call product,dll_asm)
$(O)/dll/stubs_gen.o: $(O)/gen/stubs_gen.asm FORCE
	$(call product,dll_asm)

CFLAGS_labs = $(CFLAGS_ntdll)
CFLAGS_ntdll := -ffreestanding -D_NTSYSTEM_ -D_CRTIMP= -Intdll$(addprefix $(space),$(FRONT_FLAGS))
# The heap's common path makes no call: it needs no room for one's arguments.
$(O)/dll/ntdll/heap/%.o: CFLAGS_ntdll += -mno-accumulate-outgoing-args -mno-stack-arg-probe \
  -mpreferred-stack-boundary=2 -Wframe-larger-than=2048
# RtlAllocateHeap and RtlFreeHeap get by with the registers that a function need not save:
# 71 instructions a pair, 82 without these flags.  So do our front ends; another may want more.
$(O)/dll/ntdll/heap/core/call.o: CFLAGS_ntdll += -Os \
  $(if $(filter groups windows7 lab,$(or $(FRONT),groups)),-ffixed-ebx -ffixed-esi -ffixed-edi)
CFLAGS_kernel32 := -ffreestanding -D_KERNEL32_ -Ikernel32
# The runtimes define what the stock headers declare as imported.
CFLAGS_crt := -ffreestanding -fno-partial-inlining -fno-ipa-sra -fno-ipa-cp -D_CRTBLD -D_CRTIMP= \
  -D_SECIMP= -Icrt
CFLAGS_ole32 := -D_OLE32_ -fno-partial-inlining -Iole32
CFLAGS_oleaut32 := -D_OLEAUT32_ -fno-partial-inlining -Ioleaut32
CFLAGS_fathom := -ffreestanding -Ifathom

# For programs: -L$(O)/lib/crt has -lfathomcrt, the names of msvcrt.dll that mingw's import library
# lacks, and -lcw3220, the heap of cw3220.dll; -L$(O)/lib/debug makes msvcrtd.dll a program's C
# library (crt/include/crtdbg.h): its libmsvcrt.a names our import library and what is real code
# in mingw's.
CRT_LIBS := $(O)/lib/crt/libfathomcrt.a $(O)/lib/crt/libcw3220.a
DEBUG_LIB := $(O)/lib/debug/libmsvcrt.a
$(O)/lib/crt/libcw3220.a: crt/borland/link/heap.def
$(O)/lib/crt/libfathomcrt.a: crt/msvcrt/lacking.def
names_library = cp $(filter %.def,$^) $(@:.a=.def) && cd $(@D) && \
  $(MINGW)dlltool -k -d $(@F:.a=.def) -l $(@F)
$(CRT_LIBS): FORCE
	$(call product,names_library)
debug_library = cd $(@D) && rm -rf rest *.a && cp ../libmsvcrtd.a . && \
  $(MINGW)ar qc libmsvcrtd.a ../../dll/crt/debug/link/begin.o && \
  mkdir rest && cd rest && stock=$$($(CC_PE) -print-file-name=libmsvcrt-os.a) && \
  $(MINGW)ar x $$stock $$($(MINGW)ar t $$stock | grep -- '_a-') && \
  $(MINGW)ar qc ../libmsvcrtrest.a *.o && \
  cd .. && rm -r rest && $(MINGW)dlltool -k -d oldnames.def -l libmsvcrtold.a && \
  echo 'EXTERN(_fathom_crtdbg) GROUP(-lmsvcrtd -lmsvcrtold -lmsvcrtrest)' > libmsvcrt.a
copied = cp $< $@
$(O)/lib/debug/oldnames.def: crt/debug/link/oldnames.def FORCE
	$(call product,copied)
$(DEBUG_LIB): $(O)/lib/libmsvcrtd.a $(O)/dll/crt/debug/link/begin.o \
  $(O)/lib/debug/oldnames.def FORCE
	$(call product,debug_library)

# Programs: built as anyone builds a Win32 console program, with the stock start-up and libraries.
PROGRAM_CFLAGS = -O2 -g $(PREFIX_MAP) $(WARN_PROGRAM) -fno-omit-frame-pointer -MMD -MP \
  -Iinclude -I$(O)/gen
PROGRAM_SRC := $(call files,user/*.c user/*.cpp)
FOLDER_PROGRAMS := attacks walk shell
PROGRAMS := $(patsubst user/%,$(O)/bin/%.exe,$(basename $(PROGRAM_SRC))) \
  $(FOLDER_PROGRAMS:%=$(O)/bin/%.exe)
program_cc = $(MINGW)gcc $(PROGRAM_CFLAGS) $(PROGRAM_FLAGS) -c $< -o $@ $(may_go)
program_cxx = $(MINGW)g++ $(PROGRAM_CFLAGS) $(PROGRAM_FLAGS) -c $< -o $@ $(may_go)
program_ld = $(MINGW)$(if $(filter %.cpp,$(wildcard user/$*.* user/$*/*)),g++ -static,gcc) \
  $(filter %.o,$^) -o $@ $(PROGRAM_LIBS) $(link_user/$*)
$(O)/user/%.o: user/%.c FORCE | $(GEN)
	$(call product,program_cc)
$(O)/user/%.o: user/%.cpp FORCE | $(GEN)
	$(call product,program_cxx)
$(patsubst user/%,$(O)/bin/%.exe,$(basename $(PROGRAM_SRC))): $(O)/bin/%.exe: $(O)/user/%.o FORCE
	$(call product,program_ld)
# The one that shows the debug runtime.
$(O)/user/leaks.o: PROGRAM_FLAGS := -D_DEBUG -Icrt/include
$(O)/bin/leaks.exe: private PROGRAM_LIBS := -L$(O)/lib/debug
$(O)/bin/leaks.exe: $(DEBUG_LIB)
# Those of docs/debugging: each local variable has its place, each line its own instructions.
LESSONS := $(patsubst user/lessons/%,$(O)/bin/%.exe,\
  $(basename $(call files,user/lessons/*.c user/lessons/*.cpp)))
$(O)/user/lessons/%.o: PROGRAM_FLAGS := -O0
$(LESSONS): $(O)/bin/%.exe: $(O)/user/lessons/%.o FORCE
	$(call product,lesson_ld)
lesson_ld = $(MINGW)$(if $(wildcard user/lessons/$*.cpp),g++ -static,gcc) $< -o $@
# Those of several files: all of user/NAME.
folder_obj = $(addprefix $(O)/,$(addsuffix .o,$(basename $(call files,user/$*/*.c user/$*/*.cpp))))
$(FOLDER_PROGRAMS:%=$(O)/bin/%.exe): $(O)/bin/%.exe: $$(folder_obj) FORCE
	$(call product,program_ld)
$(O)/bin/walk.exe: private PROGRAM_LIBS := -lole32 -luuid

# The archive: everything that runs, without line tables, names kept (COFF symbols).
STRIPPED := $(patsubst $(O)/bin/%,$(O)/archive/%,$(DLLS) $(PROGRAMS))
strip = $(MINGW)objcopy --strip-debug $< $@
$(STRIPPED): $(O)/archive/%: $(O)/bin/% FORCE
	$(call product,strip)
archive = tar --format=ustar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner \
  --mode=u=rwX,go=rX \
  -C $(O)/archive -cf $@ $(sort $(STRIPPED:$(O)/archive/%=./%))
$(O)/archive.tar: $(STRIPPED) FORCE
	$(call product,archive)
all: $(O)/kernel/ntoskrnl.exe $(O)/archive.tar $(CRT_LIBS) $(DEBUG_LIB) $(LESSONS)
