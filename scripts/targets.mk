# What people type besides make itself: the targets of the Makefile that run scripts.

FUZZ_PROGRAMS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

.PHONY: help up down check check-openstack unit-programs fuzz-programs bench fuzz docs format install
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

#: make install [DESTDIR=] [PREFIX=/usr/local]   programs, migrations, units, samples (RELEASE=1 for an optimised build)
install: all
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/share/hearth $(DESTDIR)$(PREFIX)/share/doc/hearth \
	           $(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)/etc/hearth
	install -m 0755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/sbin
	cp -R sql examples $(DESTDIR)$(PREFIX)/share/hearth/
	rm -f $(DESTDIR)$(PREFIX)/share/hearth/sql/*.[ch] $(DESTDIR)$(PREFIX)/share/hearth/sql/*.awk
	cp -R deploy/nginx deploy/apache $(DESTDIR)$(PREFIX)/share/hearth/
	install -m 0644 README.md LICENSE deploy/README.md deploy/hearth.conf.sample $(wildcard docs/*.md) $(DESTDIR)$(PREFIX)/share/doc/hearth
	for unit in deploy/systemd/*; do \
	    sed 's|/usr/local|$(PREFIX)|g' $$unit > $(DESTDIR)$(PREFIX)/lib/systemd/system/$${unit##*/} || exit 1; done
	test -e $(DESTDIR)/etc/hearth/hearth.conf || install -m 0640 deploy/hearth.conf.sample $(DESTDIR)/etc/hearth/hearth.conf

#: make clean                        remove build/
