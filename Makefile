# Hearth. The two that matter:   make up      a running service with a first stack
#                                make check   every test
# Everything else: make help.

BUILD  ?= build
PORT   ?= 8004
PREFIX ?= /usr/local
ifeq ($(origin CC),default)
CC := gcc
endif

# V=1 shows whole commands.
V ?= 0
quiet = $(if $(filter 1,$(V)),,@echo "  $(1)  $(2)";)

# ---- what is built -------------------------------------------------------------------------------------------------
# A folder is a library; each may include only those named after it (scripts/check-includes holds us to it).
FOLDERS        := base sql cloud template resources engine fcgi handlers
USES_base      := base
USES_sql       := sql base
USES_cloud     := cloud base
USES_template  := template base
USES_resources := resources template cloud base
USES_engine    := engine resources template cloud sql base
USES_fcgi      := fcgi cloud sql base
USES_handlers  := $(FOLDERS)

PROGRAMS   := $(BUILD)/hearthd $(BUILD)/hearthctl
LIBRARIES  := libpq jansson yaml-0.1 libcurl libpcre2-8 libsodium libcrypto
CFLAGS_ALL := -std=c17 -D_GNU_SOURCE -I. -I$(BUILD)/gen -I$(shell pg_config --includedir 2>/dev/null || echo /usr/include/postgresql) \
              -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings \
              -Wvla -Wformat=2 -Wundef -Wno-unused-parameter -Wno-missing-field-initializers -fno-strict-aliasing \
              -fno-common -fstack-protector-strong -fPIE
LDLIBS     := $(shell pkg-config --libs $(LIBRARIES) 2>/dev/null) -lfcgi -lcrypt -lm
LDFLAGS_ALL := -pie -Wl,-z,relro,-z,now

# DEVELOPER=0 is for packagers with a compiler we have not met. SANITIZE=address,undefined for a checked build.
DEVELOPER ?= 1
RELEASE   ?= 0
ifeq ($(DEVELOPER),1)
CFLAGS_ALL += -Werror
endif
ifneq ($(SANITIZE),)
CFLAGS_ALL  += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g
LDFLAGS_ALL += -fsanitize=$(SANITIZE)
else ifeq ($(RELEASE),1)
# Inlined across files, what a failed call left unset looks used; builds without LTO keep this warning.
CFLAGS_ALL  += -O2 -g -D_FORTIFY_SOURCE=2 -flto=auto -Wno-maybe-uninitialized
LDFLAGS_ALL += -flto=auto -O2
else
CFLAGS_ALL  += -O2 -g -D_FORTIFY_SOURCE=2
endif

GENERATED_C := $(BUILD)/gen/sql/statements.c $(BUILD)/gen/resources/builtin_types.c
GENERATED_H := $(BUILD)/gen/sql/statements.h

sources = $(wildcard $(1)/*.c) $(wildcard $(1)/*/*.c) $(filter $(BUILD)/gen/$(1)/%,$(GENERATED_C))
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(patsubst $(BUILD)/gen/%,gen/%,$(call sources,$(1))))
closure = $(foreach folder,$(USES_$(1)),$(call objects,$(folder)))
ALL_OBJECTS := $(foreach folder,$(FOLDERS),$(call objects,$(folder)))

.DEFAULT_GOAL := all
.PHONY: all
all: $(PROGRAMS)

$(BUILD)/hearthd: $(ALL_OBJECTS) $(call objects,cmd/hearthd)
	$(call quiet,LINK,$@)$(CC) $(CFLAGS_ALL) $(CFLAGS) $(LDFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(BUILD)/hearthctl: $(ALL_OBJECTS) $(call objects,cmd/hearthctl)
	$(call quiet,LINK,$@)$(CC) $(CFLAGS_ALL) $(CFLAGS) $(LDFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/obj/%.o: %.c | $(GENERATED_H)
	@mkdir -p $(@D)
	$(call quiet,CC  ,$<)$(CC) $(CFLAGS_ALL) $(CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c | $(GENERATED_H)
	@mkdir -p $(@D)
	$(call quiet,CC  ,$<)$(CC) $(CFLAGS_ALL) $(CFLAGS) -MMD -MP -c -o $@ $<
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# Statements live in sql/queries/*.sql, types in resources/types/**.json; both are embedded under their names.
$(BUILD)/gen/sql/statements.h $(BUILD)/gen/sql/statements.c &: $(wildcard sql/queries/*.sql) sql/embed.awk
	@mkdir -p $(BUILD)/gen/sql
	$(call quiet,GEN ,$@)awk -v header=$(BUILD)/gen/sql/statements.h -v source=$(BUILD)/gen/sql/statements.c -f sql/embed.awk $(sort $(wildcard sql/queries/*.sql))
$(BUILD)/gen/resources/builtin_types.c: $(shell find resources/types -name '*.json' 2>/dev/null) resources/embed.awk
	@mkdir -p $(@D)
	$(call quiet,GEN ,$@)awk -f resources/embed.awk $(sort $(shell find resources/types -name '*.json' 2>/dev/null)) > $@

# ---- unit tests: tests/unit/<folder>_<subject>.c links that folder and what it may include ---------------------------
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*_*.c))
.PHONY: unit
unit: $(UNIT_TESTS)
	@for t in $(UNIT_TESTS); do $$t || exit 1; done

.SECONDEXPANSION:
$(BUILD)/unit/%: tests/unit/%.c $$(call closure,$$(firstword $$(subst _, ,$$*)))
	@mkdir -p $(@D)
	$(call quiet,TEST,$@)$(CC) $(CFLAGS_ALL) $(CFLAGS) $(LDFLAGS_ALL) $(LDFLAGS) -o $@ $(filter %.c %.o,$^) -lcmocka $(LDLIBS)

-include scripts/targets.mk

.PHONY: clean
clean:
	rm -rf $(BUILD)
