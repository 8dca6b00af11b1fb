# record.mk - recorder.so, the plugin that writes recordings (tools/record/).
recorder = gcc -O2 -Wall -Wextra -Werror -shared -fPIC -MMD -MP -MF $(basename $@).d -o $@ $< \
  $(may_go)
$(O)/record/recorder.so: tools/record/recorder.c FORCE
	$(call product,recorder)
