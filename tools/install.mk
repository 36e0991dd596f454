# What is installed: the command, headers in one folder (one -I), libraries, pkg-config files, scenarios with their goldens, examples, docs, man pages and
# completions, which are made of what the command says of itself. DESTDIR stands before all of it.

LIBDIR  ?= $(PREFIX)/lib
INCLUDE := $(PREFIX)/include/wiredrill
SHARE   := $(PREFIX)/share/wiredrill
DOC     := $(PREFIX)/share/doc/wiredrill
VERSION := $(shell sed -n 's/^\#define WIREDRILL_VERSION "\(.*\)"/\1/p' sim/cli/main.c)

# The headers that a plug-in, or a kernel with the stack in it, can reach.
HEADERS := $(shell find stack -name '*.h') sim/hosts/sut.h sim/base/value.h sim/base/octets.h sim/base/pool.h

.PHONY: install
install: all      ## install the command, headers, scenarios, docs under PREFIX (/usr/local), below DESTDIR
	install -D -m 755 $(B)/wiredrill $(DESTDIR)$(PREFIX)/bin/wiredrill
	$(if $(HAVE_LWIP),install -D -m 644 $(B)/wiredrill-lwip.so $(DESTDIR)$(PREFIX)/lib/wiredrill/wiredrill-lwip.so)
	install -D -m 644 $(B)/libstack.a $(DESTDIR)$(LIBDIR)/libwiredrill-stack.a
	for h in $(HEADERS); do install -D -m 644 $$h $(DESTDIR)$(INCLUDE)/$$h || exit 1; done
	install -D -m 644 examples/driver/wiredrill_driver.h $(DESTDIR)$(INCLUDE)/wiredrill_driver.h
	mkdir -p $(DESTDIR)$(SHARE) $(DESTDIR)$(DOC)
	for d in scenarios golden-pcaps conformance examples; do cp -R --no-preserve=ownership $$d $(DESTDIR)$(SHARE)/ || exit 1; done
	rm -f $(DESTDIR)$(SHARE)/examples/examples.mk $(DESTDIR)$(SHARE)/examples/driver/wiredrill_driver.h $(DESTDIR)$(SHARE)/conformance/lint.py
	find $(DESTDIR)$(SHARE) -type f -exec chmod 644 {} + && find $(DESTDIR)$(SHARE) -type d -exec chmod 755 {} +
	install -m 644 README.md docs/*.md $(DESTDIR)$(DOC)/
	sh tools/describe.sh pkgconfig $(PREFIX) $(LIBDIR) $(VERSION) $(DESTDIR)$(LIBDIR)/pkgconfig
	sh tools/describe.sh man $(B)/wiredrill $(VERSION) $(DESTDIR)$(PREFIX)/share/man/man1
	sh tools/describe.sh completion $(B)/wiredrill $(DESTDIR)$(PREFIX)/share
