# What people type besides make itself: the targets of the Makefile that run scripts.

FUZZ_PROGRAMS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

.PHONY: help up down check check-oracle check-openstack unit-programs fuzz-programs bench soak fuzz docs format install
help:
	@sed -n 's/^#: //p' scripts/targets.mk

#: make up [PORT=8004] [CONF=file]   build and start a private service below run/, with a first stack
#  (the script builds by itself, as the user the checkout belongs to)
up:
	@PORT='$(if $(filter file,$(origin PORT)),,$(PORT))' CONF='$(CONF)' scripts/up

#: make down [WIPE=1]                stop it; WIPE=1 removes its data
down:
	@WIPE='$(WIPE)' scripts/down

#: make check [ONLY="unit api"]      all tests, or those sections (scripts/check lists them)
check:
	@scripts/check $(ONLY)

#: make check-openstack              the tests against a real Keystone, started for them from Debian's packages
check-openstack:
	@scripts/install-packages run build test
	@$(MAKE) --no-print-directory all
	@env -u PYTHONPATH -u PYTHONHOME PYTHONDONTWRITEBYTECODE=1 HEARTH_BUILD=$(BUILD) \
	    /usr/bin/python3 -m pytest -q -p no:cacheprovider -rfE --tb=short tests/openstack

#: make soak [PAIRS=2000] [N=200000] [SECONDS=3600]   hours: random updates, random templates beside Heat's code, fuzzing
soak: all
	@scripts/install-packages run build test
	env -u PYTHONPATH -u PYTHONHOME PYTHONDONTWRITEBYTECODE=1 HEARTH_BUILD=$(BUILD) HEARTH_UPDATE_PAIRS=$(or $(PAIRS),2000) \
	    /usr/bin/python3 -m pytest -q -p no:cacheprovider -rfE --tb=short tests/api/test_update.py -k creating_from_it
	$(MAKE) --no-print-directory check-oracle N=$(or $(N),200000) SEED=soak
	for target in tests/fuzz/fuzz_*.c; do \
	    target=$${target#tests/fuzz/fuzz_}; scripts/fuzz $${target%.c} $(or $(SECONDS),3600) || exit 1; done

#: make bench [ROUNDS=3]             speed and memory, beside the limit and beside Heat when one answers
bench:
	@$(if $(ROUNDS),ROUNDS='$(ROUNDS)') scripts/bench

#: make fuzz TARGET=name [SECONDS=60]  let libFuzzer look for new inputs (no TARGET: lists them)
fuzz:
	@scripts/fuzz '$(TARGET)' '$(SECONDS)'

$(BUILD)/fuzz/%: tests/fuzz/%.c $(ALL_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(CFLAGS) -Wno-missing-prototypes $(LDFLAGS_ALL) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(BUILD)/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(CFLAGS) $(LDFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LDLIBS)
fuzz-programs: all $(FUZZ_PROGRAMS)
unit-programs: $(UNIT_TESTS)

#: make unit                         the unit tests alone
#: make docs                         write the pages made from tables: configuration, routes
docs:
	@scripts/make-docs

#: make format                       clang-format over all of the C
format:
	clang-format -i $(shell git ls-files -co --exclude-standard '*.c' '*.h')

#: make install [DESTDIR=] [PREFIX=/usr/local] [SYSCONFDIR=/etc]   with RELEASE=1: an optimised build
SYSCONFDIR ?= /etc
SHARE = $(DESTDIR)$(PREFIX)/share/hearth
DOC = $(DESTDIR)$(PREFIX)/share/doc/hearth
PLACES = sed -e 's|/usr/local/|$(PREFIX)/|g' -e 's|/etc/hearth/|$(SYSCONFDIR)/hearth/|g'
install: all
	install -d $(DESTDIR)$(PREFIX)/sbin $(SHARE)/sql $(SHARE)/nginx $(SHARE)/apache $(DOC) $(DESTDIR)$(PREFIX)/lib/systemd/system \
	           $(DESTDIR)$(SYSCONFDIR)/hearth
	install -m 0755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/sbin
	cp -R sql/migrate sql/roles.sql sql/migrations $(SHARE)/sql/
	cp -R examples $(SHARE)/
	install -m 0644 LICENSE deploy/hearth.conf.sample $(wildcard docs/*.md) $(DOC)
	$(PLACES) deploy/README.md > $(DOC)/installing.md
	for file in deploy/nginx/*.conf deploy/apache/*.conf; do $(PLACES) $$file > $(SHARE)/$${file#deploy/} || exit 1; done
	for file in deploy/systemd/*; do \
	    $(PLACES) $$file > $(DESTDIR)$(PREFIX)/lib/systemd/system/$${file##*/} || exit 1; done
	test -e $(DESTDIR)$(SYSCONFDIR)/hearth/hearth.conf || \
	    install -m 0640 deploy/hearth.conf.sample $(DESTDIR)$(SYSCONFDIR)/hearth/hearth.conf

#: make clean                        remove build/

#: make check-oracle [N=20000] [SEED=1]   random templates through Hearth and through Heat's own code, side by side
check-oracle: $(BUILD)/oracle/evaluate
	@scripts/install-packages oracle
	@env -u PYTHONPATH -u PYTHONHOME PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0 \
	    /usr/bin/python3 tests/oracle/run.py --program $(BUILD)/oracle/evaluate --cases $(or $(N),20000) --seed $(or $(SEED),1)
$(BUILD)/oracle/evaluate: tests/oracle/evaluate.c $(ALL_OBJECTS)
	@mkdir -p $(@D)
	$(call quiet,TEST,$@)$(CC) $(CFLAGS_ALL) $(CFLAGS) $(LDFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LDLIBS)
