# programs.mk - make programs: real programs from Debian's sources, to run unmodified on Fathom.
#
# Nothing of them lies in this tree: tools/source.sh fetches each package (the network is needed
# once), and stock mingw-w64 compiles it.  `make run` then has them on C:, tests/programs runs them.
# What the packages' own build files would find out of the system is here, as -D options.
PROGRAM_NAMES := sqlite3 lua jq mimalloc-api mimalloc-fill mimalloc-stress gctest gcweakmap
FETCHED := $(O)/programs/src
SHOWPIECES = $(foreach file,$(wildcard $(O)/programs/prompt/*.exe),--add $(file))

programs: $(PROGRAM_NAMES:%=$(O)/programs/prompt/%.exe)
programs: ## SQLite, Lua, jq, allocators' tests from Debian's sources, for make run
.PHONY: programs

$(FETCHED)/%.unpacked:
	tools/source.sh $* $(FETCHED)/$* && touch $@
# For the prompt without line tables; `tools/fathom where` reads those of the whole file.
$(PROGRAM_NAMES:%=$(O)/programs/prompt/%.exe): $(O)/programs/prompt/%.exe: $(O)/programs/%.exe FORCE
	$(call product,strip)
PROGRAM_CC := $(MINGW)gcc -O2 -g -w

# The amalgamation is made by the package's own scripts (tclsh).  Their make is none of ours: it
# has no flags of ours, and `make -n` does not start it.
sqlite3_exe = rm -rf $(FETCHED)/amalgamation && mkdir -p $(FETCHED)/amalgamation && \
  ( cd $(FETCHED)/amalgamation && \
  ../sqlite3/configure --disable-tcl --disable-readline > configured && \
  MAKEFLAGS= make -s sqlite3.c shell.c > made ) && \
  $(PROGRAM_CC) -o $@ $(addprefix $(FETCHED)/amalgamation/,shell.c sqlite3.c)
$(O)/programs/sqlite3.exe: $(FETCHED)/sqlite3.unpacked FORCE
	$(call product,sqlite3_exe)

lua_exe = $(PROGRAM_CC) -std=gnu99 -DLUA_COMPAT_5_3 -o $@ \
  $$(ls $(FETCHED)/lua5.4/src/*.c | grep -v luac.c)
$(O)/programs/lua.exe: $(FETCHED)/lua5.4.unpacked FORCE
	$(call product,lua_exe)

# Without regular expressions: they are another package's.
JQ_FACTS := -DWIN32 -D_GNU_SOURCE -DIEEE_8087 -D__USE_MINGW_ANSI_STDIO=1 \
  $(addprefix -DHAVE_,ISATTY MKTIME GMTIME STRFTIME SETLOCALE)
jq_exe = cd $(FETCHED)/jq && \
  sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$$/\\n"/' src/builtin.jq \
  > src/builtin.inc && echo '\#define JQ_VERSION "1.6"' > src/version.h && \
  $(PROGRAM_CC) -std=gnu99 $(JQ_FACTS) -Isrc -I. -o jq.exe \
  $$(ls src/*.c | grep -v inject_errors) \
  -lshlwapi -lshell32 -static -lpthread && mv jq.exe "$$OLDPWD/$@"
$(O)/programs/jq.exe: $(FETCHED)/jq.unpacked FORCE
	$(call product,jq_exe)

# One source of it says Windows.h.  Its own assertions are off: without NDEBUG test-stress ends at
# one of them, in Wine as here.
mimalloc_exe = mkdir -p $(FETCHED)/letters && \
  echo '\#include <windows.h>' > $(FETCHED)/letters/Windows.h && \
  $(PROGRAM_CC) -std=gnu11 -DNDEBUG -I$(FETCHED)/mimalloc/include -I$(FETCHED)/letters -o $@ \
  $(FETCHED)/mimalloc/test/test-$(patsubst fill,api-fill,$*).c \
  $(FETCHED)/mimalloc/src/static.c -lpsapi -ladvapi32 -lbcrypt
$(O)/programs/mimalloc-%.exe: $(FETCHED)/mimalloc.unpacked FORCE
	$(call product,mimalloc_exe)

GC_FACTS := -DGC_BUILTIN_ATOMIC -DGC_THREADS -DALL_INTERIOR_POINTERS -DENABLE_DISCLAIM \
  -DGC_GCJ_SUPPORT -DGC_ATOMIC_UNCOLLECTABLE -DNO_EXECUTE_PERMISSION -DTHREAD_LOCAL_ALLOC \
  -DPARALLEL_MARK -DGC_NOT_DLL
gctest_SOURCE := test
gcweakmap_SOURCE := disclaim_weakmap_test
gc_exe = $(PROGRAM_CC) -I$(FETCHED)/libgc/include $(GC_FACTS) -o $@ \
  $(FETCHED)/libgc/tests/$($*_SOURCE).c $(FETCHED)/libgc/extra/gc.c -luser32
GC_PROGRAMS := $(addprefix $(O)/programs/,gctest.exe gcweakmap.exe)
$(GC_PROGRAMS): $(O)/programs/%.exe: $(FETCHED)/libgc.unpacked FORCE
	$(call product,gc_exe)
